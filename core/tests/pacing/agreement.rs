//! The pacer does at every step what a list of all timestamps does, keeps its bounds, and every ticket ends once.

use proptest::prelude::*;

use crate::model::{Naive, Quirk, Tollgate, World, hold, scripts};

#[test]
fn agrees_with_a_list_of_timestamps() {
    hold(1_500, scripts(), |(rules, steps)| {
        let mut ours = World::new(&rules, Tollgate::new(&rules));
        ours.run(&steps)?;
        let mut model = World::new(&rules, Naive::new(&rules, Quirk::None));
        model.run(&steps)?;
        prop_assert_eq!(ours.history, model.history);
        Ok(())
    });
}
