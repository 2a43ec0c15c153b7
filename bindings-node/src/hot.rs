//! The calls that every decision makes, as raw N-API functions.
//!
//! A limiter is an object of functions. Each function owns a share of the limiter, which is freed when
//! the last function is collected.

use std::cell::RefCell;
use std::ffi::{CStr, c_void};
use std::ptr;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, Float64Array, JsValue, Object};
use napi_sys::{Status, napi_callback, napi_callback_info, napi_env, napi_value};
use tollgate_boundary::{SCRATCH_LEN, Scratch, calls};
use tollgate_core::Limiter;

use crate::config::CodedError;
use crate::key::with_key;

/// A limiter and the array that its calls use.
struct Hot {
    limiter: RefCell<Limiter>,
    scratch: RefCell<Float64Array>,
}

impl Hot {
    /// Runs one call. Calls do not nest: none of them runs JavaScript.
    #[inline]
    fn call<T>(&self, run: impl FnOnce(&mut Limiter, &mut Scratch<'_>) -> T) -> Option<T> {
        let mut limiter = self.limiter.try_borrow_mut().ok()?;
        let mut array = self.scratch.try_borrow_mut().ok()?;
        // SAFETY: the array belongs to this environment's thread, and no JavaScript runs during the call.
        let cells = unsafe { array.as_mut() }.get_mut(..SCRATCH_LEN)?;
        Some(run(&mut limiter, &mut Scratch::new(cells.try_into().ok()?)))
    }
}

/// The object through which JavaScript uses `limiter`.
pub(crate) fn limiter_object<'env>(
    env: &'env Env,
    limiter: Limiter,
    scratch: Float64Array,
) -> Result<Object<'env>, CodedError> {
    if scratch.len() < SCRATCH_LEN {
        return Err(napi::Error::new("ENGINE".to_owned(), format!("scratch: needs {SCRATCH_LEN} numbers")));
    }
    let mut object = Object::new(env).map_err(coded)?;
    let names: Vec<&str> = limiter.policies().iter().map(|policy| policy.name.as_str()).collect();
    object.set("names", names).map_err(coded)?;
    let hot = Rc::new(Hot { limiter: RefCell::new(limiter), scratch: RefCell::new(scratch) });
    let calls: [(&CStr, napi_callback); 8] = [
        (c"consume", Some(consume)),
        (c"peek", Some(peek)),
        (c"settle", Some(settle)),
        (c"reset", Some(reset)),
        (c"block", Some(block)),
        (c"headers", Some(headers)),
        (c"problem", Some(problem)),
        (c"size", Some(size)),
    ];
    for (name, callback) in calls {
        // SAFETY: `env` and `object` are live; the function takes over one share of `hot`.
        unsafe { define(env.raw(), object.raw(), name, callback, Rc::clone(&hot)) }?;
    }
    Ok(object)
}

/// # Safety
/// `env` must be the current environment and `object` a live object in it.
unsafe fn define(
    env: napi_env,
    object: napi_value,
    name: &CStr,
    callback: napi_callback,
    hot: Rc<Hot>,
) -> Result<(), CodedError> {
    let data = Rc::into_raw(hot).cast_mut().cast::<c_void>();
    let mut function = ptr::null_mut();
    // SAFETY: the name is valid for its length; `data` lives until `release` runs.
    let status = unsafe {
        napi_sys::napi_create_function(env, name.as_ptr(), name.count_bytes() as isize, callback, data, &mut function)
    };
    if status != Status::napi_ok {
        // SAFETY: no function was made, so nobody else gives this share back.
        drop(unsafe { Rc::from_raw(data.cast::<Hot>()) });
        return Err(failed("napi_create_function"));
    }
    // SAFETY: `release` gives back the share that `data` stands for, once.
    let status =
        unsafe { napi_sys::napi_add_finalizer(env, function, data, Some(release), ptr::null_mut(), ptr::null_mut()) };
    if status != Status::napi_ok {
        return Err(failed("napi_add_finalizer"));
    }
    // SAFETY: both handles are live.
    let status = unsafe { napi_sys::napi_set_named_property(env, object, name.as_ptr(), function) };
    if status == Status::napi_ok { Ok(()) } else { Err(failed("napi_set_named_property")) }
}

/// Gives back a function's share of its limiter.
unsafe extern "C" fn release(_env: napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: `data` came from `Rc::into_raw` in `define`, and the finalizer runs once.
    drop(unsafe { Rc::from_raw(data.cast::<Hot>().cast_const()) });
}

/// `consume(key)`: decides and charges; the answer is in the scratch array.
unsafe extern "C" fn consume(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: called by Node with a live environment and call.
    unsafe { keyed(env, info, calls::consume) }
}

/// `peek(key)`: what `consume` would answer.
unsafe extern "C" fn peek(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `consume`.
    unsafe { keyed(env, info, |limiter, scratch, key| calls::peek(limiter, scratch, key)) }
}

/// `settle(key)`: corrects the decision in the scratch array to the costs given there.
unsafe extern "C" fn settle(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `consume`.
    unsafe { keyed(env, info, |limiter, scratch, key| calls::settle(limiter, scratch, key)) }
}

/// `reset(key)`.
unsafe extern "C" fn reset(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `consume`.
    unsafe { keyed(env, info, |limiter, scratch, key| calls::reset(limiter, scratch, key)) }
}

/// `block(key)`: for the duration given in the place of the cost.
unsafe extern "C" fn block(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `consume`.
    unsafe { keyed(env, info, |limiter, scratch, key| calls::block(limiter, scratch, key)) }
}

/// `headers(dialect)`: the values of the dialect's fields for the decision in the scratch array, joined
/// by newlines. The dialect is its index in `Dialect::ALL`.
unsafe extern "C" fn headers(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: called by Node with a live environment and call.
    let Some((hot, dialect)) = (unsafe { receive_number(env, info) }) else {
        return throw(env, c"headers: the dialect must be a number");
    };
    match hot.call(|limiter, scratch| calls::headers(limiter, scratch, dialect)) {
        // SAFETY: `env` is live.
        Some(Some(text)) => unsafe { js_string(env, &text) },
        Some(None) => throw(env, c"headers: unknown dialect"),
        None => throw(env, c"headers: the limiter is in use"),
    }
}

/// `problem(status)`: the problem+json body for the refusal in the scratch array.
unsafe extern "C" fn problem(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: called by Node with a live environment and call.
    let Some((hot, status)) = (unsafe { receive_number(env, info) }) else {
        return throw(env, c"problem: the status must be a number");
    };
    match hot.call(|limiter, scratch| calls::problem(limiter, scratch, status)) {
        // SAFETY: `env` is live.
        Some(text) => unsafe { js_string(env, &text) },
        None => throw(env, c"problem: the limiter is in use"),
    }
}

/// `size()`: `"keys overflowed bytes"`.
unsafe extern "C" fn size(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: called by Node with a live environment and call.
    let Some((hot, _)) = (unsafe { receive(env, info) }) else { return ptr::null_mut() };
    match hot.call(|limiter, _| calls::size(limiter)) {
        // SAFETY: `env` is live.
        Some(text) => unsafe { js_string(env, &text) },
        None => throw(env, c"size: the limiter is in use"),
    }
}

/// Runs a call whose only argument is a key.
///
/// # Safety
/// `env` and `info` must be those of the call that Node is making.
#[inline]
unsafe fn keyed(
    env: napi_env,
    info: napi_callback_info,
    run: impl FnOnce(&mut Limiter, &mut Scratch<'_>, &[u8]),
) -> napi_value {
    // SAFETY: as the caller says.
    let Some((hot, key)) = (unsafe { receive(env, info) }) else { return ptr::null_mut() };
    // SAFETY: `key` is a live handle of this call.
    let ran = unsafe { with_key(env, key, |key| hot.call(|limiter, scratch| run(limiter, scratch, key))) };
    match ran {
        Some(Some(())) => ptr::null_mut(),
        Some(None) => throw(env, c"the limiter is in use"),
        None => throw(env, c"key: must be a string"),
    }
}

/// The limiter and the first argument of a call.
///
/// # Safety
/// As [`keyed`].
#[inline]
unsafe fn receive<'a>(env: napi_env, info: napi_callback_info) -> Option<(&'a Hot, napi_value)> {
    let (mut count, mut argument, mut data) = (1, ptr::null_mut(), ptr::null_mut());
    // SAFETY: `argument` has room for the one value that `count` allows.
    let status =
        unsafe { napi_sys::napi_get_cb_info(env, info, &mut count, &mut argument, ptr::null_mut(), &mut data) };
    if status != Status::napi_ok {
        return None;
    }
    // SAFETY: `data` is the share that the called function owns, so it lives as long as the call.
    unsafe { data.cast::<Hot>().as_ref() }.map(|hot| (hot, argument))
}

/// The limiter and the first argument of a call, when that is a number.
///
/// # Safety
/// As [`keyed`].
unsafe fn receive_number<'a>(env: napi_env, info: napi_callback_info) -> Option<(&'a Hot, u32)> {
    // SAFETY: as the caller says.
    let (hot, argument) = unsafe { receive(env, info) }?;
    let mut number = 0;
    // SAFETY: `argument` is a live handle.
    let status = unsafe { napi_sys::napi_get_value_uint32(env, argument, &mut number) };
    (status == Status::napi_ok).then_some((hot, number))
}

/// # Safety
/// `env` must be the current environment.
unsafe fn js_string(env: napi_env, text: &str) -> napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: the text is valid for its length. Every text of ours is ASCII, which is Latin-1 too.
    let status =
        unsafe { napi_sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, &mut value) };
    if status == Status::napi_ok { value } else { ptr::null_mut() }
}

fn throw(env: napi_env, message: &CStr) -> napi_value {
    // SAFETY: `env` is that of the running call; the message is a C string.
    unsafe { napi_sys::napi_throw_type_error(env, ptr::null(), message.as_ptr()) };
    ptr::null_mut()
}

fn coded(error: napi::Error) -> CodedError {
    napi::Error::new("ENGINE".to_owned(), error.reason.clone())
}

fn failed(call: &str) -> CodedError {
    napi::Error::new("ENGINE".to_owned(), format!("{call} failed"))
}
