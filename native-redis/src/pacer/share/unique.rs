//! Ids of members.

use tollgate_core::{MAX_SAFE_INTEGER, Timestamp};

use crate::seed::random_seed;

/// What tells a member that joins from all others.
pub(super) fn joiner_id() -> String {
    format!("1{}", random_text())
}

/// The same for one that comes before all who have joined, the latest first.
pub(super) fn next_in_turn_id(wall: Timestamp) -> String {
    let falling = MAX_SAFE_INTEGER - wall.as_micros() / 1_000;
    format!("0{falling:014x}{}", random_text())
}

fn random_text() -> String {
    random_seed().map(|number| format!("{number:016x}")).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_a_turn_later_comes_first_and_all_of_them_before_those_who_join() {
        let at = |millis| next_in_turn_id(Timestamp::from_millis(millis));
        let ids = [at(1_800_000_000_001), at(1_800_000_000_000), joiner_id()];
        assert!(ids.is_sorted(), "{ids:?}");
        assert_ne!(joiner_id(), joiner_id());
    }
}
