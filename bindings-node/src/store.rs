//! A limiter in a store. Its calls read requests, decisions and replies from the scratch array, and answer with texts.

use std::ffi::CStr;
use std::ptr;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, Float64Array, Object};
use napi_derive::napi;
use napi_sys::{napi_callback, napi_callback_info, napi_env, napi_value};
use tollgate_boundary::{Scratch, store};
use tollgate_core::store::StoredLimiter;

use crate::config::{EnginePolicy, coded};
use crate::function::{Hot, js_boolean, js_text, keyed, number, object_of, receive, throw, whole_number};

/// What a limiter in a store is made from.
#[napi(object)]
pub struct EngineStoreConfig {
    /// See `LimiterConfig::policies`.
    pub policies: Vec<EnginePolicy>,
    /// See `StoreConfig::name`.
    pub name: String,
    /// See `StoreConfig::prefix`.
    pub prefix: String,
}

/// Name, digest and text of each script, joined by NULs.
#[napi]
pub fn scripts() -> String {
    store::scripts()
}

/// Makes a limiter in a store whose calls use `scratch`.
#[napi]
pub fn create_store<'env>(
    env: &'env Env,
    config: EngineStoreConfig,
    scratch: Float64Array,
) -> napi::Result<Object<'env>, String> {
    let EngineStoreConfig { policies, name, prefix } = config;
    let policies = policies.into_iter().map(Into::into).collect();
    let made = store::create(tollgate_boundary::EngineStoreConfig { policies, name, prefix }).map_err(coded)?;
    let calls: [(&CStr, napi_callback); 7] = [
        (c"plan", Some(plan)),
        (c"escape", Some(escape)),
        (c"base", Some(base)),
        (c"text", Some(text)),
        (c"settleArgs", Some(settle_args)),
        (c"blockArgs", Some(block_args)),
        (c"decision", Some(decision)),
    ];
    // SAFETY: all of them take their data for a `Hot<StoredLimiter>`.
    unsafe { object_of(env, Rc::new(Hot::new(made, scratch)?), &calls) }
}

/// `plan()`: what does not change between calls.
unsafe extern "C" fn plan(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: called by Node with a live environment and call.
    unsafe { told(env, info, |limiter, _, []| Some(store::plan(limiter))) }
}

/// `escape(key)`: the key as it stands in the store.
unsafe extern "C" fn escape(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `plan`.
    match unsafe { keyed(env, info, |_: &mut StoredLimiter, _, key| store::escape(key)) } {
        // SAFETY: `env` is live.
        Some(escaped) => unsafe { js_text(env, &escaped) },
        None => ptr::null_mut(),
    }
}

/// `base(policy, limit)`: what stands between the tag and the key of a policy's state under a limit.
unsafe extern "C" fn base(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `plan`; the arguments are live handles of this call.
    unsafe {
        told(env, info, |limiter, _, [policy, limit]| {
            Some(store::base(limiter, whole_number(env, policy)?, number(env, limit)?))
        })
    }
}

/// `text(peek)`: the request as an argument of `bucket.lua` or `decide.lua`; `peek` is 0 or 1.
unsafe extern "C" fn text(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `base`.
    unsafe {
        told(env, info, |limiter, scratch, [peek]| Some(store::text(limiter, scratch, whole_number(env, peek)? != 0)))
    }
}

/// `settleArgs()`: the arguments of `settle.lua`.
unsafe extern "C" fn settle_args(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `plan`.
    unsafe { told(env, info, |limiter, scratch, []| Some(store::settle_args(limiter, scratch))) }
}

/// `blockArgs()`: the arguments of `block.lua`.
unsafe extern "C" fn block_args(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `plan`.
    unsafe { told(env, info, |limiter, scratch, []| Some(store::block_args(limiter, scratch))) }
}

/// `decision(script, peek)`: makes a decision of the reply in the scratch array; false where it is none of ours.
unsafe extern "C" fn decision(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `base`.
    let made = unsafe {
        answered(env, info, |limiter, scratch, [script, peek]| {
            Some(store::decision(limiter, scratch, whole_number(env, script)?, whole_number(env, peek)? != 0))
        })
    };
    match made {
        // SAFETY: `env` is live.
        Some(made) => unsafe { js_boolean(env, made) },
        None => throw(env, c"decision: the script and the kind must be numbers"),
    }
}

/// Runs a call that answers a text; throws where its arguments are not what it takes.
///
/// # Safety
/// As [`receive`], of a function defined on a `Hot<StoredLimiter>`.
unsafe fn told<const N: usize>(
    env: napi_env,
    info: napi_callback_info,
    run: impl FnOnce(&StoredLimiter, &mut Scratch<'_>, [napi_value; N]) -> Option<String>,
) -> napi_value {
    // SAFETY: as the caller says.
    match unsafe { answered(env, info, run) } {
        // SAFETY: `env` is live.
        Some(text) => unsafe { js_text(env, &text) },
        None => throw(env, c"the arguments must be numbers"),
    }
}

/// # Safety
/// As [`told`].
unsafe fn answered<T, const N: usize>(
    env: napi_env,
    info: napi_callback_info,
    run: impl FnOnce(&StoredLimiter, &mut Scratch<'_>, [napi_value; N]) -> Option<T>,
) -> Option<T> {
    // SAFETY: as the caller says.
    let (hot, arguments) = unsafe { receive::<Hot<StoredLimiter>, N>(env, info) }?;
    hot.call(|limiter, scratch| run(limiter, scratch, arguments)).flatten()
}
