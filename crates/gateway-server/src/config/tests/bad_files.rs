//! Bad files and exactly what is said about each: all problems, their lines and columns, and what to change.

use super::*;

/// A file, and the beginning of each of its problems.
type Case<'a> = (&'a str, &'a [&'a str]);

#[track_caller]
fn check(cases: &[Case<'_>]) {
    for (text, expected) in cases {
        let problems = bad(text, &[]);
        assert_eq!(problems.len(), expected.len(), "{text}\n{problems:#?}");
        for (problem, start) in problems.iter().zip(*expected) {
            assert!(
                problem.starts_with(start),
                "{text}\n{problems:#?}\nexpected: {start}"
            );
        }
    }
}

#[test]
fn keys_and_types() {
    check(&[
        (
            "[sever]\nlisten = []\n",
            &["g.toml:1:2: sever: there is no such key\n    help: did you mean `server`?"],
        ),
        (
            "[server]\nlisen = ['127.0.0.1:1']\n\n[limits]\nmax_headers = 'many'\nmax_bodies = 3\n",
            &[
                "g.toml:2:1: server.lisen: there is no such key\n    help: did you mean `listen`?",
                "g.toml:5:15: limits.max_headers: expected a whole number, found a text",
                "g.toml:6:1: limits.max_bodies: there is no such key\n    help: known here: max_request_body, ",
            ],
        ),
        (
            "[server]\nlisten = 8080\n",
            &["g.toml:2:10: server.listen: expected a list of texts, found a whole number"],
        ),
        (
            "[server]\nlisten = ['*:1', 2]\n",
            &["g.toml:2:18: server.listen[1]: expected a text, found a whole number"],
        ),
        (
            "providers = 3\n",
            &["g.toml:1:13: providers: expected a table, found a whole number"],
        ),
        (
            "[providers]\nlab = 'vllm'\n",
            &["g.toml:2:7: providers.lab: expected a table, found a text"],
        ),
        (
            "[auth]\nrequired = 'yes'\n",
            &["g.toml:2:12: auth.required: expected true or false, found a text"],
        ),
        (
            "[logging]\nformat = 'jsn'\nlevel = 'loud=very=much'\n",
            &[
                "g.toml:2:10: logging.format: expected one of: auto, pretty, json\n    help: did you mean `json`?",
                "g.toml:3:9: logging.level: this is no log level",
            ],
        ),
        (
            "[logging]\nlevel = 'loud=very=much'\n",
            &["g.toml:2:9: logging.level: this is no log level\n    help: "],
        ),
        (
            "[errors]\nupstream = ['mask']\n",
            &["g.toml:2:12: errors.upstream: expected "],
        ),
    ]);
}

#[test]
fn syntax() {
    check(&[
        (
            "[a]\nx = \ny = [1,\n",
            &[
                "g.toml:2:5: this is not TOML: ",
                "g.toml:3:8: this is not TOML: ",
            ],
        ),
        (
            "[a]\nx = 1\nx = 2\n",
            &["g.toml:3:1: this is not TOML: duplicate key"],
        ),
        (
            "[models.x]\n[models.x]\n",
            &["g.toml:2:9: this is not TOML: duplicate key"],
        ),
    ]);
}

#[test]
fn durations_and_sizes() {
    check(&[(
        "[timeouts]\nconnect = 10\nidle = '0s'\ntotal = 'ten'\nhold = '5 days'\n[limits]\nmax_event = 0\n\
         max_request_body = '32 elephants'\nmax_response_body = -1\nmax_header_size = '1B'\nmax_json_depth = 1000\n",
        &[
            "g.toml:2:11: timeouts.connect: expected a length of time with its unit, as text, e.g. \"30s\", found a whole",
            "g.toml:3:8: timeouts.idle: a length of time must be more than zero",
            "g.toml:4:9: timeouts.total: expected a length of time with its unit, e.g. ",
            "g.toml:5:8: timeouts.hold: expected a length of time with its unit, e.g. ",
            "g.toml:7:13: limits.max_event: a size must be more than zero",
            "g.toml:8:20: limits.max_request_body: expected a number of bytes, or a size with its unit, e.g. ",
            "g.toml:9:21: limits.max_response_body: a size must be more than zero",
            "g.toml:10:19: limits.max_header_size: expected at least 8192 and at most 16777216",
            "g.toml:11:18: limits.max_json_depth: expected at least 1 and at most 128",
        ],
    )]);
    check(&[(
        "[limits]\nmax_headers = 1001\nmax_streams_per_connection = 0\nmax_connections = 0\n",
        &[
            "g.toml:2:15: limits.max_headers: expected at least 1 and at most 1000",
            "g.toml:3:30: limits.max_streams_per_connection: expected at least 1",
            "g.toml:4:19: limits.max_connections: expected at least 1",
        ],
    )]);
}

#[test]
fn listening() {
    check(&[
        (
            "[server]\nlisten = []\n",
            &["g.toml:2:10: server.listen: there is no address to listen on"],
        ),
        (
            "[server]\nlisten = ['localhost:1', 'example.com:80', '127.0.0.1:1', '127.0.0.1']\n",
            &[
                "g.toml:2:26: server.listen[1]: expected an address `host:port`",
                "g.toml:2:44: server.listen[2]: this address is there twice",
                "g.toml:2:59: server.listen[3]: expected an address `host:port`",
            ],
        ),
        (
            "[server]\nlisten = ['127.0.0.1:1', '0.0.0.0:8080', '[::]:8080']\n",
            &[
                "g.toml:2:10: server.listen: without API keys only loopback addresses are served, unlike 0.0.0.0:8080, \
               [::]:8080\n    help: set API_KEYS (or `auth.api_keys`), or listen on 127.0.0.1; \
               ALLOW_ANONYMOUS=true",
            ],
        ),
        (
            "[auth]\nrequired = true\n",
            &["g.toml:2:12: auth.required: authentication is required, and there are no API keys"],
        ),
        (
            "[server.tls]\ncert_path = '/nowhere/cert.pem'\n",
            &[
                "g.toml:1:1: server.tls: TLS is half configured: `key_path` is missing\n    help: give ",
            ],
        ),
        (
            "[server.tls]\ncert_path = '/nowhere/cert.pem'\nkey_path = '/'\n",
            &[
                "g.toml:2:13: server.tls.cert_path: the file /nowhere/cert.pem cannot be read: ",
                "g.toml:3:12: server.tls.key_path: the file / cannot be read: it is a folder",
            ],
        ),
        (
            "[metrics]\nlisten = '127.0.0.1:8080'\n",
            &["g.toml:2:10: metrics.listen: the gateway itself listens on this"],
        ),
        (
            "[metrics]\nlisten = 'prometheus'\n",
            &["g.toml:2:10: metrics.listen: expected an address `host:port`"],
        ),
        (
            "[cors]\nallowed_origins = ['https://a.test', 'b.test']\n",
            &["g.toml:2:38: cors.allowed_origins[1]: expected an origin"],
        ),
    ]);
}

#[test]
fn providers() {
    check(&[
        (
            "[providers.lab]\nvendor = 'vlm'\nbase_url = 'http://10.0.0.5'\n[providers.gorq]\napi_key = 'k'\n",
            &[
                "g.toml:2:10: providers.lab.vendor: there is no vendor `vlm`\n    help: did you mean `vllm`?",
                "g.toml:4:1: providers.gorq: there is no vendor `gorq`\n    help: did you mean `groq`?",
            ],
        ),
        (
            "[providers.groq]\n",
            &[
                "g.toml:1:1: providers.groq.api_key: vendor `groq` needs a credential: set `api_key` (or GROQ_API_KEY",
            ],
        ),
        (
            "[providers.groq]\napi_key = 'k'\n[providers.GROQ]\nvendor = 'groq'\napi_key = 'k'\n",
            &[
                "g.toml:3:1: providers.GROQ: another provider is called `groq`, and letter case does not count",
            ],
        ),
        (
            "[providers.lab]\nvendor = 'custom'\n",
            &[
                "g.toml:1:1: providers.lab.base_url: vendor `custom` has no base URL of its own: set `base_url`",
            ],
        ),
        (
            "[providers.groq]\nbase_url = 'ftp://me:hunter2@x/y'\n",
            &[
                "g.toml:1:1: providers.groq.api_key: vendor `groq` needs a credential",
                "g.toml:2:12: providers.groq.base_url: `base_url` \"ftp://[redacted]@x/y\" cannot be used",
            ],
        ),
        (
            "[providers.'a b']\nvendor = 'vllm'\nbase_url = 'http://h'\nheaders = { host = 'x' }\n",
            &[
                "g.toml:1:1: providers.\"a b\": `a b` cannot be a provider's name",
                "g.toml:4:20: providers.\"a b\".headers.host: header `host` cannot be set",
            ],
        ),
        (
            "[providers.lab]\nvendor = 'vllm'\nbase_url = 5\noperations = ['chat', 'chatter']\nquirks = ['odd']\n\
             timeouts = { total = '1s', tota = '1s' }\nauth = 'basic'\n",
            &[
                "g.toml:3:12: providers.lab.base_url: expected a text, found a whole number",
                "g.toml:4:23: providers.lab.operations[1]: expected one of: chat, completions, ",
                "g.toml:5:11: providers.lab.quirks[0]: expected one of: no_stream_options, ",
                "g.toml:6:28: providers.lab.timeouts.tota: there is no such key\n    help: did you mean `total`?",
                "g.toml:7:8: providers.lab.auth: expected \"bearer\"",
            ],
        ),
    ]);
}

#[test]
fn backends_and_vendors() {
    check(&[
        (
            "[backend]\nkind = 'vlm'\nurl = 'http://127.0.0.1:8000'\n",
            &[
                "g.toml:2:8: backend.kind: there is no kind of backend `vlm`\n    help: did you mean `vllm`?",
            ],
        ),
        (
            "[backend]\napi_key = 'k'\n",
            &["g.toml:1:1: backend: there is a key for a backend, and no backend"],
        ),
        (
            "[backend]\nurl = '127.0.0.1:8000'\n",
            &["g.toml:2:7: backend.url: `base_url` \"127.0.0.1:8000\" cannot be used"],
        ),
        (
            "[demo]\nenabled = false\n",
            &["g.toml:2:11: demo.enabled: nothing is configured"],
        ),
        (
            "[vendors.acme]\nbase_url = 'https://a.test/v1'\noperation = ['chat']\n",
            &[
                "g.toml:3:1: vendors.acme.operation: there is no such key\n    help: did you mean `operations`?",
            ],
        ),
        (
            "[vendors.Acme]\noperations = ['chat']\n",
            &["g.toml:1:1: vendors.Acme: `Acme` cannot be a vendor's id"],
        ),
        (
            "[providers.groq]\napi_key = 'k'\ndialect = 'morse'\n",
            &["g.toml:3:11: providers.groq.dialect: there is no dialect `morse`"],
        ),
        (
            "[vendors.acme]\noperations = ['chat']\ndialect = 'morse'\nid = 'other'\n",
            &[
                "g.toml:3:11: vendors.acme.dialect: there is no dialect `morse`",
                "g.toml:4:6: vendors.acme.id: the id of a vendor is the name of its table",
            ],
        ),
    ]);
}

#[test]
fn models() {
    const LAB: &str = "[providers.lab]\nvendor = 'vllm'\nbase_url = 'http://h'\n[models]\n";
    let cases: &[(&str, &[&str])] = &[
        (
            "a.targets = []",
            &["g.toml:5:13: models.a.targets: there is no target"],
        ),
        (
            "a.hidden = true",
            &["g.toml:5:1: models.a.targets: there is no target"],
        ),
        (
            "a.targets = ['lab/x', 'lap/x', 'groq/y', 'x']",
            &[
                "g.toml:5:23: models.a.targets[1]: there is no provider `lap`\n    help: did you mean `lab`?",
                "g.toml:5:32: models.a.targets[2]: there is no provider `groq`\n    help: set GROQ_API_KEY",
                "g.toml:5:42: models.a.targets[3]: `x` names no provider and no alias",
            ],
        ),
        (
            "a.targets = ['lab/x', 'LAB/x']",
            &["g.toml:5:23: models.a.targets[1]: `lab/x` is there twice"],
        ),
        (
            "a.targets = ['b']\nb.targets = ['c']\nc.targets = ['a']",
            &[
                "g.toml:5:14: models.a.targets[0]: the aliases go round in a circle: a -> b -> c -> a",
                "g.toml:6:14: models.b.targets[0]: the aliases go round in a circle: b -> c -> a -> b",
                "g.toml:7:14: models.c.targets[0]: the aliases go round in a circle: c -> a -> b -> c",
            ],
        ),
        (
            "'a*b*'.targets = ['lab/x']",
            &["g.toml:5:1: models.\"a*b*\": a model's name must not be empty"],
        ),
        (
            "default.targets = ['lab/x']\n[routing]\ndefault_model = 'lab/y'\ndefault_order = ['lab', 'x']",
            &[
                "g.toml:7:17: routing.default_model: the default model is said twice",
                "g.toml:8:25: routing.default_order[1]: there is no provider `x`\n    help: configured: lab",
            ],
        ),
    ];
    for (text, expected) in cases {
        check(&[(&format!("{LAB}{text}\n"), expected)]);
    }
}

#[test]
fn a_wrong_value_is_not_reported_again_by_what_follows_from_it() {
    check(&[
        (
            "[auth]\napi_keys = ['${NO_SUCH_KEY}']\n[server]\nlisten = ['0.0.0.0:8080']\n[providers.groq]\n\
             api_key = '${NO_GROQ_KEY}'\n[models.fast]\ntargets = ['groq/x']\n",
            &[
                "g.toml:2:13: auth.api_keys[0]: the environment variable NO_SUCH_KEY is not set, or empty\n    help: set",
                "g.toml:6:11: providers.groq.api_key: the environment variable NO_GROQ_KEY is not set, or empty",
            ],
        ),
        (
            "[providers]\ngroq = 5\n[models.fast]\ntargets = ['groq/x']\n",
            &["g.toml:2:8: providers.groq: expected a table"],
        ),
    ]);
}

#[test]
fn the_wrong_value_beside_a_wrong_value_is_found_as_well() {
    check(&[(
        "[server]\ndrain_timeout = 30\nlisten = ['nope']\n[server.tls]\ncert_path = 5\nkey_path = '/'\n\
         [auth]\napi_key = 'typo'\nrequired = true\n\
         [providers.lab]\nvendor = 'vlm'\nbase_url = '10.0.0.5'\n[providers.x]\nvendor = 'custom'\nbase_ur = 'y'\n\
         timeouts.total = '0s'\n",
        &[
            "g.toml:2:17: server.drain_timeout: expected a length of time",
            "g.toml:3:11: server.listen[0]: expected an address",
            "g.toml:5:13: server.tls.cert_path: expected a text, found a whole number",
            "g.toml:8:1: auth.api_key: there is no such key\n    help: did you mean `api_keys`?",
            "g.toml:11:10: providers.lab.vendor: there is no vendor `vlm`",
            "g.toml:12:12: providers.lab.base_url: `base_url` \"10.0.0.5\" cannot be used",
            "g.toml:15:1: providers.x.base_ur: there is no such key\n    help: did you mean `base_url`?",
            "g.toml:16:18: providers.x.timeouts.total: a length of time must be more than zero",
        ],
    )]);
}

#[test]
fn a_hostile_file_ends_in_a_bounded_list() {
    let text: String = (0..5_000).map(|n| format!("key{n} = 1\n")).collect();
    assert_eq!(bad(&text, &[]).len(), 200);
}
