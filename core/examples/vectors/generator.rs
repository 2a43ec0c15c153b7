//! What the vector files contain, made in memory.

#![allow(clippy::indexing_slicing, reason = "to index a JSON object by a new name adds a field")]

mod recorder;
mod scenarios;
mod splitmix;

use serde_json::{Value, json};
use tollgate_core::{ConfigError, Policy};

use recorder::Recorder;
use scenarios::Scenario;
use splitmix::SplitMix;

/// Every file as its name and its text.
pub(crate) fn files() -> Result<Vec<(String, String)>, ConfigError> {
    scenarios::all().into_iter().map(|(file, scenarios)| Ok((format!("{file}.json"), text(&scenarios)?))).collect()
}

/// One case after the other, one step a line.
fn text(scenarios: &[Scenario]) -> Result<String, ConfigError> {
    let cases = scenarios.iter().map(case).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("{{\"format\":1,\"cases\":[\n{}\n]}}\n", cases.join(",\n")))
}

fn case(scenario: &Scenario) -> Result<String, ConfigError> {
    let policies: Vec<Value> = scenario.policies.iter().map(policy).collect();
    let mut recorder = Recorder::new(&scenario.policies)?;
    scenario.play(&mut recorder, &mut SplitMix::named(&scenario.name));
    let steps = recorder.steps().join(",\n");
    let (name, policies) = (json!(scenario.name), Value::from(policies));
    Ok(format!("{{\"name\":{name},\"policies\":{policies},\"steps\":[\n{steps}\n]}}"))
}

fn policy(policy: &Policy) -> Value {
    let mut fields = json!({
        "name": policy.name,
        "limit": policy.limit,
        "windowMicros": policy.window.as_micros(),
        "algorithm": policy.algorithm.name(),
    });
    if let Some(burst) = policy.burst {
        fields["burst"] = json!(burst);
    }
    if let Some(span) = policy.block_for {
        fields["blockForMicros"] = json!(span.as_micros());
    }
    fields
}
