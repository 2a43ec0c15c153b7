//! The cache of denials. Its calls read the request from the scratch array, as those of a limiter do.

use std::ffi::CStr;
use std::ptr;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, Float64Array, Object};
use napi_derive::napi;
use napi_sys::{napi_callback, napi_callback_info, napi_env, napi_value};
use tollgate_boundary::denials;
use tollgate_core::Denials;

use crate::config::coded;
use crate::function::{Hot, js_boolean, keyed, object_of, undefined};

/// What a cache of denials is made from; what is absent takes the core's default.
#[napi(object)]
pub struct EngineDenialsConfig {
    /// See `DenialsConfig::limits`.
    pub limits: Vec<f64>,
    /// See `DenialsConfig::max_age`, in microseconds.
    pub max_age_micros: Option<f64>,
    /// See `DenialsConfig::max_keys`.
    pub max_keys: Option<f64>,
    /// See `DenialsConfig::seed`: two whole numbers.
    pub seed: (f64, f64),
}

/// Makes a cache of denials whose calls use `scratch`.
#[napi]
pub fn create_denials<'env>(
    env: &'env Env,
    config: EngineDenialsConfig,
    scratch: Float64Array,
) -> napi::Result<Object<'env>, String> {
    let EngineDenialsConfig { limits, max_age_micros, max_keys, seed } = config;
    let config = tollgate_boundary::EngineDenialsConfig { limits, max_age_micros, max_keys, seed };
    let made = Denials::new(config.into()).map_err(coded)?;
    let calls: [(&CStr, napi_callback); 3] =
        [(c"find", Some(find)), (c"learn", Some(learn)), (c"forget", Some(forget))];
    // SAFETY: all of them take their data for a `Hot<Denials>`.
    unsafe { object_of(env, Rc::new(Hot::new(made, scratch)?), &calls) }
}

/// `find(key)`: whether a denial is known for the request; it is in the scratch array then.
unsafe extern "C" fn find(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: called by Node with a live environment and call.
    match unsafe { keyed(env, info, |known: &mut Denials, scratch, key| denials::find(known, scratch, key)) } {
        // SAFETY: `env` is live.
        Some(found) => unsafe { js_boolean(env, found) },
        None => ptr::null_mut(),
    }
}

/// `learn(key)`: remembers the denial in the scratch array.
unsafe extern "C" fn learn(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `find`.
    undefined(unsafe { keyed(env, info, |known: &mut Denials, scratch, key| denials::learn(known, scratch, key)) })
}

/// `forget(key)`.
unsafe extern "C" fn forget(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `find`.
    undefined(unsafe { keyed(env, info, |known: &mut Denials, scratch, key| denials::forget(known, scratch, key)) })
}
