//! Functions of JavaScript on a machine of the core, as raw N-API functions.
//!
//! A machine is an object of functions. Each function owns a share of the machine, which is freed when the last
//! function is collected.

use std::cell::RefCell;
use std::ffi::{CStr, c_void};
use std::ptr;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, Float64Array, JsValue, Object};
use napi_sys::{Status, napi_callback, napi_callback_info, napi_env, napi_value};
use tollgate_boundary::{SCRATCH_LEN, Scratch};

use crate::config::CodedError;
use crate::key::with_key;

/// A machine and the array that its calls use.
pub(crate) struct Hot<T> {
    machine: RefCell<T>,
    scratch: RefCell<Float64Array>,
}

impl<T> Hot<T> {
    /// # Errors
    /// The array is too short.
    pub(crate) fn new(machine: T, scratch: Float64Array) -> Result<Self, CodedError> {
        if scratch.len() < SCRATCH_LEN {
            return Err(napi::Error::new("ENGINE".to_owned(), format!("scratch: needs {SCRATCH_LEN} numbers")));
        }
        Ok(Self { machine: RefCell::new(machine), scratch: RefCell::new(scratch) })
    }

    /// Runs one call. Calls do not nest: none of them runs JavaScript.
    #[inline]
    pub(crate) fn call<R>(&self, run: impl FnOnce(&mut T, &mut Scratch<'_>) -> R) -> Option<R> {
        let mut machine = self.machine.try_borrow_mut().ok()?;
        let mut array = self.scratch.try_borrow_mut().ok()?;
        // SAFETY: the array belongs to this environment's thread, and no JavaScript runs during the call.
        let cells = unsafe { array.as_mut() }.get_mut(..SCRATCH_LEN)?;
        Some(run(&mut machine, &mut Scratch::new(cells.try_into().ok()?)))
    }
}

/// An object with these functions, each of which owns a share of `shared`.
///
/// # Safety
/// Every function must take its data for a `T`.
pub(crate) unsafe fn object_of<'env, T>(
    env: &'env Env,
    shared: Rc<T>,
    calls: &[(&CStr, napi_callback)],
) -> Result<Object<'env>, CodedError> {
    let object = Object::new(env).map_err(coded)?;
    for (name, callback) in calls {
        // SAFETY: `env` and `object` are live; the function takes over one share.
        unsafe { define(env.raw(), object.raw(), name, *callback, Rc::clone(&shared)) }?;
    }
    Ok(object)
}

/// # Safety
/// `env` must be the current environment and `object` a live object in it; `callback` must take its data for a `T`.
unsafe fn define<T>(
    env: napi_env,
    object: napi_value,
    name: &CStr,
    callback: napi_callback,
    shared: Rc<T>,
) -> Result<(), CodedError> {
    let data = Rc::into_raw(shared).cast_mut().cast::<c_void>();
    let mut function = ptr::null_mut();
    // SAFETY: the name is valid for its length; `data` lives until `release` runs.
    let status = unsafe {
        napi_sys::napi_create_function(env, name.as_ptr(), name.count_bytes() as isize, callback, data, &mut function)
    };
    if status != Status::napi_ok {
        // SAFETY: no function was made, so nobody else gives this share back.
        drop(unsafe { Rc::from_raw(data.cast::<T>()) });
        return Err(failed("napi_create_function"));
    }
    // SAFETY: `release` gives back the share that `data` stands for, once.
    let status = unsafe {
        napi_sys::napi_add_finalizer(env, function, data, Some(release::<T>), ptr::null_mut(), ptr::null_mut())
    };
    if status != Status::napi_ok {
        return Err(failed("napi_add_finalizer"));
    }
    // SAFETY: both handles are live.
    let status = unsafe { napi_sys::napi_set_named_property(env, object, name.as_ptr(), function) };
    if status == Status::napi_ok { Ok(()) } else { Err(failed("napi_set_named_property")) }
}

/// Gives back a function's share.
unsafe extern "C" fn release<T>(_env: napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: `data` came from `Rc::into_raw` in `define`, and the finalizer runs once.
    drop(unsafe { Rc::from_raw(data.cast::<T>().cast_const()) });
}

/// Runs a call whose only argument is a key; where it cannot, throws and answers `None`.
///
/// # Safety
/// `env` and `info` must be those of the call that Node is making, of a function defined on a `Hot<T>`.
#[inline]
pub(crate) unsafe fn keyed<T, R>(
    env: napi_env,
    info: napi_callback_info,
    run: impl FnOnce(&mut T, &mut Scratch<'_>, &[u8]) -> R,
) -> Option<R> {
    // SAFETY: as the caller says.
    let (hot, [key]) = unsafe { receive::<Hot<T>, 1>(env, info) }?;
    // SAFETY: `key` is a live handle of this call.
    let ran = unsafe { with_key(env, key, |key| hot.call(|machine, scratch| run(machine, scratch, key))) };
    if ran.is_none() {
        throw(env, c"key: must be a string");
    } else if let Some(None) = ran {
        throw(env, c"the engine is in use");
    }
    ran.flatten()
}

/// Runs a call without arguments.
///
/// # Safety
/// As [`keyed`].
#[inline]
pub(crate) unsafe fn unkeyed<T>(
    env: napi_env,
    info: napi_callback_info,
    run: impl FnOnce(&mut T, &mut Scratch<'_>),
) -> napi_value {
    // SAFETY: as the caller says.
    let Some((hot, [])) = (unsafe { receive::<Hot<T>, 0>(env, info) }) else { return ptr::null_mut() };
    if hot.call(run).is_none() {
        throw(env, c"the engine is in use");
    }
    ptr::null_mut()
}

/// The data and the arguments of a call; an argument that was not given is `undefined`.
///
/// # Safety
/// As [`keyed`], of a function defined on a `T`.
#[inline]
pub(crate) unsafe fn receive<'a, T, const N: usize>(
    env: napi_env,
    info: napi_callback_info,
) -> Option<(&'a T, [napi_value; N])> {
    let (mut count, mut arguments, mut data) = (N, [ptr::null_mut(); N], ptr::null_mut());
    // SAFETY: `arguments` has room for the values that `count` allows.
    let status = unsafe {
        napi_sys::napi_get_cb_info(env, info, &mut count, arguments.as_mut_ptr(), ptr::null_mut(), &mut data)
    };
    if status != Status::napi_ok {
        return None;
    }
    // SAFETY: `data` is the share that the called function owns, so it lives as long as the call.
    unsafe { data.cast::<T>().as_ref() }.map(|data| (data, arguments))
}

/// # Safety
/// `env` must be the current environment and `value` a live handle in it.
#[inline]
pub(crate) unsafe fn whole_number(env: napi_env, value: napi_value) -> Option<u32> {
    let mut number = 0;
    // SAFETY: as the caller says.
    let status = unsafe { napi_sys::napi_get_value_uint32(env, value, &mut number) };
    (status == Status::napi_ok).then_some(number)
}

/// # Safety
/// As [`whole_number`].
#[inline]
pub(crate) unsafe fn number(env: napi_env, value: napi_value) -> Option<f64> {
    let mut number = 0.0;
    // SAFETY: as the caller says.
    let status = unsafe { napi_sys::napi_get_value_double(env, value, &mut number) };
    (status == Status::napi_ok).then_some(number)
}

/// # Safety
/// `env` must be the current environment.
#[inline]
pub(crate) unsafe fn js_number(env: napi_env, number: f64) -> napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: as the caller says. What fails leaves a null pointer, which is `undefined`.
    unsafe { napi_sys::napi_create_double(env, number, &mut value) };
    value
}

/// # Safety
/// `env` must be the current environment.
#[inline]
pub(crate) unsafe fn js_boolean(env: napi_env, truth: bool) -> napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: as in `js_number`.
    unsafe { napi_sys::napi_get_boolean(env, truth, &mut value) };
    value
}

/// # Safety
/// `env` must be the current environment.
pub(crate) unsafe fn js_string(env: napi_env, text: &str) -> napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: the text is valid for its length. Every text of ours is ASCII, which is Latin-1 too.
    let status =
        unsafe { napi_sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, &mut value) };
    if status == Status::napi_ok { value } else { ptr::null_mut() }
}

/// [`js_string`] for any text.
///
/// # Safety
/// `env` must be the current environment.
pub(crate) unsafe fn js_text(env: napi_env, text: &str) -> napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: the text is valid for its length.
    let status =
        unsafe { napi_sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, &mut value) };
    if status == Status::napi_ok { value } else { ptr::null_mut() }
}

/// What a function answers that answers nothing.
#[inline]
pub(crate) fn undefined(_: Option<()>) -> napi_value {
    ptr::null_mut()
}

pub(crate) fn throw(env: napi_env, message: &CStr) -> napi_value {
    // SAFETY: `env` is that of the running call; the message is a C string.
    unsafe { napi_sys::napi_throw_type_error(env, ptr::null(), message.as_ptr()) };
    ptr::null_mut()
}

pub(crate) fn coded(error: napi::Error) -> CodedError {
    napi::Error::new("ENGINE".to_owned(), error.reason.clone())
}

fn failed(call: &str) -> CodedError {
    napi::Error::new("ENGINE".to_owned(), format!("{call} failed"))
}
