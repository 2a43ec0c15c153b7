//! The calls that every decision makes.

use std::ffi::CStr;
use std::ptr;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, Float64Array, Object};
use napi_sys::{napi_callback, napi_callback_info, napi_env, napi_value};
use tollgate_boundary::{Scratch, calls};
use tollgate_core::Limiter;

use crate::config::CodedError;
use crate::function::{Hot, coded, js_string, keyed, object_of, receive, throw, undefined, whole_number};

/// The object through which JavaScript uses `limiter`.
pub(crate) fn limiter_object<'env>(
    env: &'env Env,
    limiter: Limiter,
    scratch: Float64Array,
) -> Result<Object<'env>, CodedError> {
    let names: Vec<String> = limiter.policies().iter().map(|policy| policy.name.clone()).collect();
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
    // SAFETY: all of them take their data for a `Hot<Limiter>`.
    let mut object = unsafe { object_of(env, Rc::new(Hot::new(limiter, scratch)?), &calls) }?;
    object.set("names", names).map_err(coded)?;
    Ok(object)
}

/// `consume(key)`: decides and charges; the answer is in the scratch array.
unsafe extern "C" fn consume(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: called by Node with a live environment and call.
    undefined(unsafe { keyed(env, info, calls::consume) })
}

/// `peek(key)`: what `consume` would answer.
unsafe extern "C" fn peek(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `consume`.
    undefined(unsafe { keyed(env, info, |limiter: &mut Limiter, scratch, key| calls::peek(limiter, scratch, key)) })
}

/// `settle(key)`: corrects the decision in the scratch array to the costs given there.
unsafe extern "C" fn settle(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `consume`.
    undefined(unsafe { keyed(env, info, |limiter: &mut Limiter, scratch, key| calls::settle(limiter, scratch, key)) })
}

/// `reset(key)`.
unsafe extern "C" fn reset(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `consume`.
    undefined(unsafe { keyed(env, info, |limiter: &mut Limiter, scratch, key| calls::reset(limiter, scratch, key)) })
}

/// `block(key)`: for the duration given in the place of the cost.
unsafe extern "C" fn block(env: napi_env, info: napi_callback_info) -> napi_value {
    // SAFETY: as `consume`.
    undefined(unsafe { keyed(env, info, |limiter: &mut Limiter, scratch, key| calls::block(limiter, scratch, key)) })
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
    let Some((hot, [])) = (unsafe { receive::<Hot<Limiter>, 0>(env, info) }) else { return ptr::null_mut() };
    match hot.call(|limiter, _: &mut Scratch<'_>| calls::size(limiter)) {
        // SAFETY: `env` is live.
        Some(text) => unsafe { js_string(env, &text) },
        None => throw(env, c"size: the limiter is in use"),
    }
}

/// The limiter and the first argument of a call, when that is a number.
///
/// # Safety
/// As [`keyed`].
unsafe fn receive_number<'a>(env: napi_env, info: napi_callback_info) -> Option<(&'a Hot<Limiter>, u32)> {
    // SAFETY: as the caller says; the argument is a live handle of this call.
    let (hot, [argument]) = unsafe { receive(env, info) }?;
    // SAFETY: as above.
    unsafe { whole_number(env, argument) }.map(|number| (hot, number))
}
