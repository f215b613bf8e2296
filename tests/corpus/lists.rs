//! Recorded lists of models: each has a provider of its own, since a list is asked for without naming a model.

use gateway_testkit::{
    GatewayUnderTest, Reply, Request, ScriptedUpstream,
    upstream::{Chunking, RecordedReply},
};
use serde_json::json;

use crate::{
    judge,
    recording::Recording,
    upstreams::{Operation, Upstream, operations},
    world::{ALONE, KEY},
};

/// What is wrong with the lists: the recording's id and a sentence each.
pub(crate) fn problems(recordings: &[Recording]) -> Vec<(String, String)> {
    let mut missing = Vec::new();
    let mut lists = Vec::new();
    for recording in recordings {
        for (family, _) in operations(recording).into_iter().filter(|(_, operation)| *operation == Operation::Models) {
            let upstream = Upstream::of(recording, family);
            if Upstream::configurable().contains(&upstream) {
                lists.push((recording, upstream));
            } else {
                missing.push((recording.id.clone(), format!("nobody speaks {family:?} yet")));
            }
        }
    }
    let replies: Vec<_> = lists.iter().map(|(recording, _)| reply(recording)).collect();
    let upstream = ScriptedUpstream::start(move |request| {
        let mut segments = request.path().split('/').skip(1);
        let number = segments.next().and_then(|segment| segment.strip_prefix("list-")?.parse::<usize>().ok());
        number.and_then(|number| replies.get(number)).map_or_else(|| Reply::json(404, &json!({})), |reply| reply.reply(Chunking::Bytes(7)))
    });
    let tables: String =
        lists.iter().enumerate().map(|(number, (_, row))| row.table(&format!("list-{number}"), &upstream.url(&format!("/list-{number}")), KEY)).collect();
    let gateway = GatewayUnderTest::start(&format!("{ALONE}{tables}"), &[]);
    for (number, (recording, _)) in lists.iter().enumerate() {
        let provider = format!("list-{number}");
        let response = gateway.send(&Request::get(&format!("/v1/models?provider={provider}")));
        let found = judge::list(recording, &provider, &response);
        missing.extend(found.into_iter().map(|problem| (recording.id.clone(), problem)));
    }
    missing
}

/// The list. Where one model alone was asked for, it is the list's only one: the gateway asks for lists.
fn reply(recording: &Recording) -> RecordedReply {
    let body = recording.json();
    let is_single = recording.status() == 200 && body["object"] == "model";
    let body = if is_single { json!({"object": "list", "data": [body]}).to_string().into() } else { recording.reply.body.clone() };
    RecordedReply { body, ..recording.reply.clone() }
}
