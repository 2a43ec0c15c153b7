//! The pacer. All numbers of its calls are in the scratch array.

use std::ffi::CStr;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, Float64Array, Object};
use napi_derive::napi;
use napi_sys::{napi_callback, napi_callback_info, napi_env, napi_value};
use tollgate_boundary::pacer;

use crate::config::{EnginePolicy, coded};
use crate::function::{Hot, coded as failed, object_of, unkeyed};

/// What a pacer is made from; what is absent takes the core's default.
#[napi(object)]
pub struct EnginePacerConfig {
    /// See `PacerConfig::policies`.
    pub policies: Vec<EnginePolicy>,
    /// See `PacerConfig::concurrency`.
    pub concurrency: Option<f64>,
    /// See `PacerConfig::max_queue`.
    pub max_queue: Option<f64>,
}

/// Makes a pacer whose calls use `scratch`.
#[napi]
pub fn create_pacer<'env>(
    env: &'env Env,
    config: EnginePacerConfig,
    scratch: Float64Array,
) -> napi::Result<Object<'env>, String> {
    let EnginePacerConfig { policies, concurrency, max_queue } = config;
    let policies = policies.into_iter().map(Into::into).collect();
    let config = tollgate_boundary::EnginePacerConfig { policies, concurrency, max_queue };
    let made = pacer::create(config).map_err(coded)?;
    let names: Vec<String> = made.policies().iter().map(|policy| policy.name.clone()).collect();
    let calls: [(&CStr, napi_callback); 14] = [
        (c"submit", Some(submit)),
        (c"finish", Some(finish)),
        (c"settle", Some(settle)),
        (c"cancel", Some(cancel)),
        (c"clear", Some(clear)),
        (c"pause", Some(pause)),
        (c"resume", Some(resume)),
        (c"setShare", Some(set_share)),
        (c"setLimits", Some(set_limits)),
        (c"cancelUnfit", Some(cancel_unfit)),
        (c"learn", Some(learn)),
        (c"begun", Some(begun)),
        (c"drain", Some(drain)),
        (c"state", Some(state)),
    ];
    // SAFETY: all of them take their data for a `Hot<Pacer>`.
    let mut object = unsafe { object_of(env, Rc::new(Hot::new(made, scratch)?), &calls) }?;
    object.set("names", names).map_err(failed)?;
    Ok(object)
}

/// `submit()`: asks for a call.
unsafe extern "C" fn submit(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: called by Node with a live environment and call.
    unsafe { unkeyed(env, info, pacer::submit) }
}

/// `finish()`: a call has ended.
unsafe extern "C" fn finish(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::finish) }
}

/// `settle()`: corrects what a call has taken.
unsafe extern "C" fn settle(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::settle) }
}

/// `cancel()`: takes back a ticket that waits.
unsafe extern "C" fn cancel(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::cancel) }
}

/// `clear()`: takes back all that wait.
unsafe extern "C" fn clear(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::clear) }
}

/// `pause()`: starts nothing for a while.
unsafe extern "C" fn pause(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::pause) }
}

/// `resume()`: ends a pause.
unsafe extern "C" fn resume(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::resume) }
}

/// `setShare()`: sets what may be used of the limits.
unsafe extern "C" fn set_share(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::set_share) }
}

/// `setLimits()`: replaces the limits.
unsafe extern "C" fn set_limits(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::set_limits) }
}

/// `cancelUnfit()`: takes back a ticket that waits and costs more than a limit.
unsafe extern "C" fn cancel_unfit(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::cancel_unfit) }
}

/// `learn()`: what the other side has told.
unsafe extern "C" fn learn(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::learn) }
}

/// `begun()`: everything that was handed out has begun.
unsafe extern "C" fn begun(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::begun) }
}

/// `drain()`: lets time pass, and hands out events.
unsafe extern "C" fn drain(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::drain) }
}

/// `state()`: what has started and what may.
unsafe extern "C" fn state(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `submit`.
    unsafe { unkeyed(env, info, pacer::state) }
}
