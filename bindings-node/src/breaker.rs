//! The breaker. Times and answers are plain numbers.

use std::cell::RefCell;
use std::ffi::CStr;
use std::ptr;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, Object};
use napi_derive::napi;
use napi_sys::{napi_callback, napi_callback_info, napi_env, napi_value};
use tollgate_boundary::breaker;
use tollgate_core::Breaker;

use crate::config::coded;
use crate::function::{js_boolean, js_number, number, object_of, receive, throw, whole_number};

/// What a breaker is made from; what is absent takes the core's default.
#[napi(object)]
pub struct EngineBreakerConfig {
    /// See `BreakerConfig::seed`.
    pub seed: f64,
    /// See `BreakerConfig::failures`.
    pub failures: Option<f64>,
    /// See `BreakerConfig::first_delay`, in microseconds.
    pub first_delay_micros: Option<f64>,
    /// See `BreakerConfig::max_delay`, in microseconds.
    pub max_delay_micros: Option<f64>,
}

/// Makes a breaker.
#[napi]
pub fn create_breaker<'env>(env: &'env Env, config: EngineBreakerConfig) -> napi::Result<Object<'env>, String> {
    let EngineBreakerConfig { seed, failures, first_delay_micros, max_delay_micros } = config;
    let config = tollgate_boundary::EngineBreakerConfig { seed, failures, first_delay_micros, max_delay_micros };
    let made = Breaker::new(config.into()).map_err(coded)?;
    let calls: [(&CStr, napi_callback); 7] = [
        (c"mayAsk", Some(may_ask)),
        (c"succeeded", Some(succeeded)),
        (c"failed", Some(failed)),
        (c"answeredLate", Some(answered_late)),
        (c"isOpen", Some(is_open)),
        (c"openings", Some(openings)),
        (c"nextProbe", Some(next_probe)),
    ];
    // SAFETY: all of them take their data for a `RefCell<Breaker>`.
    unsafe { object_of(env, Rc::new(RefCell::new(made)), &calls) }
}

/// `mayAsk(now)`: 0 for no, 1 for yes, 2 for yes as a probe.
unsafe extern "C" fn may_ask(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: called by Node with a live environment and call.
    match unsafe { timed(env, info, breaker::may_ask) } {
        // SAFETY: `env` is live.
        Some(answer) => unsafe { js_number(env, f64::from(answer)) },
        None => throw(env, c"mayAsk: the time must be a number"),
    }
}

/// `succeeded(ask, now)`.
unsafe extern "C" fn succeeded(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `may_ask`.
    unsafe { report(env, info, breaker::succeeded) }
}

/// `failed(ask, now)`.
unsafe extern "C" fn failed(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `may_ask`.
    unsafe { report(env, info, breaker::failed) }
}

/// `answeredLate(now)`.
unsafe extern "C" fn answered_late(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `may_ask`.
    match unsafe { timed(env, info, breaker::answered_late) } {
        Some(()) => ptr::null_mut(),
        None => throw(env, c"answeredLate: the time must be a number"),
    }
}

/// `isOpen()`.
unsafe extern "C" fn is_open(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `may_ask`.
    match unsafe { read(env, info, Breaker::is_open) } {
        // SAFETY: `env` is live.
        Some(open) => unsafe { js_boolean(env, open) },
        None => ptr::null_mut(),
    }
}

/// `openings()`.
unsafe extern "C" fn openings(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `may_ask`.
    match unsafe { read(env, info, Breaker::openings) } {
        // SAFETY: `env` is live.
        Some(count) => unsafe { js_number(env, count as f64) },
        None => ptr::null_mut(),
    }
}

/// `nextProbe()`: microseconds, −1 for none.
unsafe extern "C" fn next_probe(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `may_ask`.
    match unsafe { read(env, info, breaker::next_probe) } {
        // SAFETY: `env` is live.
        Some(at) => unsafe { js_number(env, at) },
        None => ptr::null_mut(),
    }
}

/// # Safety
/// `env` and `info` must be those of the call that Node is making.
#[inline]
unsafe fn timed<R>(env: napi_env, info: napi_callback_info, run: impl FnOnce(&mut Breaker, f64) -> R) -> Option<R> {
    // SAFETY: as the caller says; the argument is a live handle of this call.
    let (shared, [now]) = unsafe { receive::<RefCell<Breaker>, 1>(env, info) }?;
    // SAFETY: as above.
    let now = unsafe { number(env, now) }?;
    Some(run(&mut *shared.try_borrow_mut().ok()?, now))
}

/// # Safety
/// As [`timed`].
#[inline]
unsafe fn report(env: napi_env, info: napi_callback_info, run: impl FnOnce(&mut Breaker, u32, f64)) -> napi_value {
    // SAFETY: as the caller says; the arguments are live handles of this call.
    let reported = unsafe { receive::<RefCell<Breaker>, 2>(env, info) }.and_then(|(shared, [ask, now])| {
        // SAFETY: as above.
        let (ask, now) = unsafe { (whole_number(env, ask)?, number(env, now)?) };
        run(&mut *shared.try_borrow_mut().ok()?, ask, now);
        Some(())
    });
    reported.map_or_else(|| throw(env, c"the answer of mayAsk and the time must be numbers"), |()| ptr::null_mut())
}

/// # Safety
/// As [`timed`].
unsafe fn read<R>(env: napi_env, info: napi_callback_info, run: impl FnOnce(&Breaker) -> R) -> Option<R> {
    // SAFETY: as the caller says.
    let (shared, []) = unsafe { receive::<RefCell<Breaker>, 0>(env, info) }?;
    Some(run(&*shared.try_borrow().ok()?))
}
