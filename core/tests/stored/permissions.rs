//! What the page about Redis says that a user of an access control list needs.

use std::collections::BTreeSet;

use tollgate_core::store::Script;

#[test]
fn the_page_names_the_commands_that_the_scripts_use() {
    let page = include_str!("../../../docs/redis.md");
    let (_, list) = page.split_once("what the scripts use: `").expect("the list of commands");
    let (list, _) = list.split_once('`').expect("its end");
    let listed: BTreeSet<String> = list.split_whitespace().map(|word| word.replace('+', "")).collect();
    let used: BTreeSet<String> = Script::ALL.iter().flat_map(|script| commands(script.source())).collect();
    assert_eq!(listed, used);
}

/// The first argument of each `call` and `pcall`.
fn commands(source: &str) -> impl Iterator<Item = String> {
    let calls = source.split("call('").skip(1);
    calls.filter_map(|rest| rest.split_once('\'')).map(|(command, _)| command.to_lowercase())
}
