//! The memory through which a call's key and numbers travel. JavaScript writes and reads it in place, between calls.

use std::cell::RefCell;

#[cfg(feature = "limits")]
use tollgate_boundary::key_bytes;
use tollgate_boundary::{SCRATCH_LEN, Scratch};
use wasm_bindgen::prelude::wasm_bindgen;

struct CallMemory {
    cells: [f64; SCRATCH_LEN],
    key: Vec<u16>,
}

thread_local! {
    static MEMORY: RefCell<CallMemory> =
        const { RefCell::new(CallMemory { cells: [0.0; SCRATCH_LEN], key: Vec::new() }) };
}

/// Where the numbers of a call are: `SCRATCH_LEN` cells, in the layout of [`Scratch`].
#[wasm_bindgen(js_name = numbersAt)]
pub fn numbers_at() -> usize {
    MEMORY.with_borrow_mut(|memory| memory.cells.as_mut_ptr() as usize)
}

/// Makes room for a key of `units` UTF-16 code units, and not much more. Says where it is; 0 where there is none.
#[wasm_bindgen(js_name = makeRoom)]
pub fn make_room(units: usize) -> usize {
    MEMORY.with_borrow_mut(|memory| {
        memory.key = Vec::new();
        if memory.key.try_reserve_exact(units).is_err() {
            return 0;
        }
        memory.key.resize(units, 0);
        memory.key.as_mut_ptr() as usize
    })
}

/// Runs a call with the numbers in memory and the key of `units` code units there. `None` where no such key can be.
#[cfg(feature = "limits")]
#[inline]
pub(crate) fn with_key<T>(units: usize, run: impl FnOnce(&mut Scratch<'_>, &[u8]) -> T) -> Option<T> {
    MEMORY.with_borrow_mut(|CallMemory { cells, key }| {
        let key = key_bytes(key.get(..units)?);
        Some(run(&mut Scratch::new(cells), key))
    })
}

/// Runs a call with the numbers in memory, which it may change.
pub(crate) fn with_numbers<T>(run: impl FnOnce(&mut Scratch<'_>) -> T) -> T {
    MEMORY.with_borrow_mut(|memory| run(&mut Scratch::new(&mut memory.cells)))
}
