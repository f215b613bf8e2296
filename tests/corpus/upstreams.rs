//! Who stands for whom: a row for each pair of recorded provider and wire format. A new dialect is one more row.

use std::collections::BTreeSet;

use gateway_providers::{registry::dialect_names, vendor::Catalog};

use crate::recording::Recording;

/// Wire formats that have their own words for the same things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    /// OpenAI's own, passed through.
    OpenAi,
    /// OpenAI's Responses API behind a chat client.
    Responses,
    Anthropic,
    Gemini,
    Bedrock,
    Cohere,
    Ollama,
}

/// What the gateway is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Chat,
    Completions,
    Embeddings,
    Rerank,
    Images,
    ImageEdits,
    Moderations,
    Responses,
    Speech,
    Transcriptions,
    Translations,
    Models,
}

impl Operation {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Completions => "/v1/completions",
            Self::Embeddings => "/v1/embeddings",
            Self::Rerank => "/v1/rerank",
            Self::Images => "/v1/images/generations",
            Self::ImageEdits => "/v1/images/edits",
            Self::Moderations => "/v1/moderations",
            Self::Responses => "/v1/responses",
            Self::Speech => "/v1/audio/speech",
            Self::Transcriptions => "/v1/audio/transcriptions",
            Self::Translations => "/v1/audio/translations",
            Self::Models => "/v1/models",
        }
    }
}

/// What a recorded wire format is: its family, and what a client asks for to get it.
const FORMATS: &[(&str, Family, Operation)] = &[
    ("openai.chat", Family::OpenAi, Operation::Chat),
    ("openai.completions", Family::OpenAi, Operation::Completions),
    ("openai.embeddings", Family::OpenAi, Operation::Embeddings),
    ("openai.images", Family::OpenAi, Operation::Images),
    ("openai.images_edits", Family::OpenAi, Operation::ImageEdits),
    ("openai.moderations", Family::OpenAi, Operation::Moderations),
    ("openai.responses", Family::OpenAi, Operation::Responses),
    ("openai.responses", Family::Responses, Operation::Chat),
    ("openai.speech", Family::OpenAi, Operation::Speech),
    ("openai.transcriptions", Family::OpenAi, Operation::Transcriptions),
    ("openai.translations", Family::OpenAi, Operation::Translations),
    ("openai.models", Family::OpenAi, Operation::Models),
    ("rerank", Family::OpenAi, Operation::Rerank),
    ("voyage.embeddings", Family::OpenAi, Operation::Embeddings),
    ("voyage.rerank", Family::OpenAi, Operation::Rerank),
    ("anthropic.messages", Family::Anthropic, Operation::Chat),
    ("anthropic.models", Family::Anthropic, Operation::Models),
    ("google.generateContent", Family::Gemini, Operation::Chat),
    ("google.embedContent", Family::Gemini, Operation::Embeddings),
    ("google.predict", Family::Gemini, Operation::Embeddings),
    ("google.models", Family::Gemini, Operation::Models),
    ("bedrock.converse", Family::Bedrock, Operation::Chat),
    ("bedrock.models", Family::Bedrock, Operation::Models),
    ("cohere.chat_v2", Family::Cohere, Operation::Chat),
    ("cohere.embed", Family::Cohere, Operation::Embeddings),
    ("cohere.rerank", Family::Cohere, Operation::Rerank),
    ("cohere.models", Family::Cohere, Operation::Models),
    ("ollama.chat", Family::Ollama, Operation::Chat),
    ("ollama.embed", Family::Ollama, Operation::Embeddings),
    ("ollama.models", Family::Ollama, Operation::Models),
];

/// What a recording can be asked for; nothing where the gateway has no such operation.
pub(crate) fn operations(recording: &Recording) -> Vec<(Family, Operation)> {
    if recording.dialect == "bedrock.invoke" {
        // Models are asked through Converse; those that embed have no other way than this one.
        let body = recording.json();
        let embeds = ["embedding", "embeddings", "embeddingsByType"].iter().any(|name| !body[*name].is_null());
        return if embeds { vec![(Family::Bedrock, Operation::Embeddings)] } else { Vec::new() };
    }
    FORMATS.iter().filter(|(format, _, _)| *format == recording.dialect).map(|(_, family, operation)| (*family, *operation)).collect()
}

/// A configured provider that stands for a recorded one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Upstream {
    /// The name that recordings have for the provider; empty for any that no row names.
    recorded: &'static str,
    family: Family,
    /// The vendor's row.
    pub(crate) vendor: &'static str,
    /// The dialect where it is not the vendor's own.
    pub(crate) dialect: Option<&'static str>,
    /// Further lines of its configuration.
    pub(crate) config: &'static str,
}

const fn same(recorded: &'static str) -> Upstream {
    vendor(recorded, recorded)
}

const fn vendor(recorded: &'static str, vendor: &'static str) -> Upstream {
    Upstream { recorded, family: Family::OpenAi, vendor, dialect: None, config: "" }
}

const fn native(recorded: &'static str, family: Family, vendor: &'static str, dialect: Option<&'static str>) -> Upstream {
    Upstream { recorded, family, vendor, dialect, config: "" }
}

/// The rows. Where a family is passed through or spoken to by several vendors, the empty name is for the rest.
const UPSTREAMS: &[Upstream] = &[
    vendor("alibaba", "qwen"),
    same("azure"),
    same("cerebras"),
    same("cloudflare"),
    same("crusoe"),
    same("databricks"),
    same("deepseek"),
    same("gpustack"),
    same("groq"),
    same("huggingface"),
    same("llamacpp"),
    same("lmstudio"),
    same("mistral"),
    same("moonshot"),
    same("ollama"),
    same("openai"),
    same("openrouter"),
    same("perplexity"),
    same("snowflake"),
    same("together"),
    same("venice"),
    vendor("vercel_gateway", "vercel"),
    same("vllm"),
    same("voyage"),
    same("writer"),
    same("xai"),
    same("zai"),
    vendor("", "custom"),
    native("openai", Family::Responses, "openai", Some("responses")),
    native("azure", Family::Responses, "azure", Some("responses")),
    native("xai", Family::Responses, "xai", Some("responses")),
    native("deepseek", Family::Responses, "deepseek", Some("responses")),
    native("openrouter", Family::Responses, "openrouter", Some("responses")),
    native("", Family::Responses, "custom", Some("responses")),
    native("vertex", Family::Anthropic, "vertex", None),
    native("", Family::Anthropic, "anthropic", None),
    native("vertex", Family::Gemini, "vertex", None),
    native("", Family::Gemini, "google", None),
    native("", Family::Bedrock, "bedrock", None),
    native("", Family::Cohere, "cohere", None),
    native("", Family::Ollama, "ollama", Some("ollama")),
];

impl Upstream {
    /// Who stands for a recording's provider.
    pub(crate) fn of(recording: &Recording, family: Family) -> &'static Self {
        let rows = || UPSTREAMS.iter().filter(move |row| row.family == family);
        rows().find(|row| row.recorded == recording.provider).or_else(|| rows().find(|row| row.recorded.is_empty())).expect("every family has a row for the rest")
    }

    /// All of them that can be configured: the vendor is in the catalogue, and the dialect is built in.
    pub(crate) fn configurable() -> Vec<&'static Self> {
        let catalog = Catalog::builtin().unwrap();
        let known: BTreeSet<&str> = dialect_names().collect();
        let speaks = |row: &&Self| catalog.get(row.vendor).is_some_and(|vendor| known.contains(row.dialect.unwrap_or(&vendor.dialect)));
        UPSTREAMS.iter().filter(speaks).collect()
    }

    /// Its name in the configuration.
    pub(crate) fn name(&self) -> String {
        match self.dialect {
            Some(dialect) => format!("{}-as-{dialect}", self.vendor),
            None => self.vendor.to_owned(),
        }
    }

    /// Its table in the configuration.
    pub(crate) fn table(&self, name: &str, base_url: &str, key: &str) -> String {
        let dialect = self.dialect.map(|dialect| format!("dialect = \"{dialect}\"\n")).unwrap_or_default();
        format!("[providers.{name}]\nvendor = \"{}\"\n{dialect}base_url = \"{base_url}\"\napi_key = \"{key}\"\n{}\n", self.vendor, self.config)
    }
}
