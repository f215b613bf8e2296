//! What it costs to resolve a name: the same with ten aliases and with ten thousand.

use std::sync::Arc;

use async_trait::async_trait;
use divan::{Bencher, black_box};
use gateway_client::transport::TransportResponse;
use gateway_providers::{
    Call, CallError, Fault, FaultKind, Operation, Provider, Reply,
    provider::{ListedModel, ModelListing, ProxyRequest, SharedProvider},
};
use gateway_router::{
    CatalogueSnapshot, ModelRequest,
    catalogue::ProviderList,
    resolve::{Alias, AliasTarget, RoutingTable, TableParts, resolve},
};
use gateway_types::json::{RawObject, ScanLimits};

fn main() {
    divan::main();
}

const PROVIDERS: usize = 20;
const SIZES: [usize; 3] = [10, 1_000, 10_000];

#[derive(Debug)]
struct Named(String);

#[async_trait]
impl Provider for Named {
    fn name(&self) -> &str {
        &self.0
    }
    fn vendor(&self) -> &'static str {
        "bench"
    }
    fn supports(&self, _operation: Operation) -> bool {
        true
    }
    async fn call(&self, _call: Call) -> Result<Reply, CallError> {
        Err(Fault::new(FaultKind::Unreachable, "").into())
    }
    async fn models(&self) -> Result<ModelListing, CallError> {
        Ok(ModelListing::default())
    }
    async fn proxy(&self, _request: ProxyRequest) -> Result<TransportResponse, CallError> {
        Err(Fault::new(FaultKind::Unreachable, "").into())
    }
}

/// So many aliases, and so many models shared out among the providers.
fn setup(size: usize) -> (RoutingTable, CatalogueSnapshot) {
    let providers: Vec<SharedProvider> = (0..PROVIDERS)
        .map(|n| Arc::new(Named(format!("p{n}"))) as SharedProvider)
        .collect();
    let aliases = (0..size)
        .flat_map(|n| [format!("alias-{n}"), format!("family-{n:05}-*")].map(|name| (n, name)))
        .map(|(n, name)| {
            let target = AliasTarget::new(format!("p{}", n % PROVIDERS), format!("org/m{n}"));
            Alias::new(name, vec![target])
        })
        .collect();
    let lists = (0..PROVIDERS).map(|provider| {
        let models = (provider..size)
            .step_by(PROVIDERS)
            .filter_map(listed)
            .collect();
        let listing = ModelListing { models, raw: None };
        Arc::new(ProviderList::listed(&format!("p{provider}"), listing))
    });
    let catalogue = CatalogueSnapshot::new(lists.collect());
    let parts = TableParts {
        providers,
        aliases,
        ..TableParts::default()
    };
    #[expect(
        clippy::expect_used,
        reason = "a bench may stop where its set-up is wrong"
    )]
    let table = RoutingTable::new(parts).expect("the parts fit together");
    (table, catalogue)
}

fn listed(n: usize) -> Option<ListedModel> {
    let id = format!("org/m{n}");
    let text = format!(r#"{{"id":"{id}","object":"model","created":1,"owned_by":"org"}}"#);
    let object = RawObject::parse(text.into(), ScanLimits::default()).ok()?;
    Some(ListedModel { id, object })
}

fn bench(bencher: Bencher<'_, '_>, size: usize, model: &str, provider_query: Option<&str>) {
    let (table, catalogue) = setup(size);
    let request = ModelRequest {
        provider_query,
        ..ModelRequest::new(model, Operation::Chat)
    };
    bencher.bench_local(|| resolve(black_box(&request), &table, &catalogue));
}

#[divan::bench(args = SIZES)]
fn exact_alias(bencher: Bencher<'_, '_>, size: usize) {
    bench(bencher, size, "alias-7", None);
}

/// As many wildcards as exact aliases stand beside each other; one of them matches.
#[divan::bench(args = SIZES)]
fn wildcard(bencher: Bencher<'_, '_>, size: usize) {
    bench(bencher, size, "family-00007-newest", None);
}

#[divan::bench(args = SIZES)]
fn upstream_id(bencher: Bencher<'_, '_>, size: usize) {
    bench(bencher, size, "org/m7", None);
}

#[divan::bench(args = SIZES)]
fn published_id(bencher: Bencher<'_, '_>, size: usize) {
    bench(bencher, size, "p7/org/m7", None);
}

#[divan::bench(args = SIZES)]
fn unlisted_behind_a_prefix(bencher: Bencher<'_, '_>, size: usize) {
    bench(bencher, size, "p7/new", None);
}

#[divan::bench(args = SIZES)]
fn provider_query(bencher: Bencher<'_, '_>, size: usize) {
    bench(bencher, size, "new", Some("p7"));
}

/// The dearest: an unknown name is compared with the listed ones for a hint.
#[divan::bench(args = SIZES)]
fn not_found(bencher: Bencher<'_, '_>, size: usize) {
    bench(bencher, size, "an-unknown-name", None);
}

/// What a refresh does once per publication.
#[divan::bench(args = SIZES)]
fn index(bencher: Bencher<'_, '_>, size: usize) {
    let (_, catalogue) = setup(size);
    bencher.bench_local(|| CatalogueSnapshot::new(catalogue.lists().to_vec()));
}
