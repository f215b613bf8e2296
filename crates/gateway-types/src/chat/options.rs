//! The smaller parameters of a chat request.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat/create>

use super::MessageContent;

shape_union! {
    /// Where generation stops. OpenAI takes at most 4; o3 and o4-mini take none.
    pub enum Stop, "a string or an array of strings" {
        /// One sequence.
        text One(String),
        /// Several sequences; whichever comes first counts.
        list Any(Vec<String>),
    }
}

wire_object! {
    /// What a stream carries besides the answer.
    pub struct StreamOptions {
        optional {
            /// One more chunk at the end with the usage; all others then carry `usage: null`.
            include_usage: bool => with_include_usage,
            /// Random padding that hides the length of tokens from observers; on by default.
            include_obfuscation: bool => with_include_obfuscation,
        }
    }
}

open_enum! {
    /// How much the model thinks. The model decides which of these it takes.
    pub enum ReasoningEffort {
        /// Not at all.
        None => "none",
        /// As little as possible.
        Minimal => "minimal",
        /// Little.
        Low => "low",
        /// The usual default.
        Medium => "medium",
        /// Much.
        High => "high",
        /// Very much.
        Xhigh => "xhigh",
        /// As much as possible.
        Max => "max",
    }
}

open_enum! {
    /// How long the answer is; `medium` where absent.
    pub enum Verbosity {
        /// Short.
        Low => "low",
        /// Balanced.
        Medium => "medium",
        /// Long.
        High => "high",
    }
}

open_enum! {
    /// The kind of answer that is wanted.
    pub enum Modality {
        /// Text.
        Text => "text",
        /// Speech; needs `audio`.
        Audio => "audio",
    }
}

open_enum! {
    /// How the request is scheduled and priced. The answer says what was really used.
    pub enum ServiceTier {
        /// As the project is configured.
        Auto => "auto",
        /// The standard tier.
        Default => "default",
        /// Cheaper and slower.
        Flex => "flex",
        /// Bought capacity.
        Scale => "scale",
        /// Dearer and faster.
        Priority => "priority",
        /// Answered as `priority`.
        Fast => "fast",
    }
}

open_enum! {
    /// Who places the breakpoints of the prompt cache.
    pub enum CacheMode {
        /// The server places one at the end; the latest three explicit ones are written too.
        Implicit => "implicit",
        /// The request alone; with no breakpoint nothing is cached.
        Explicit => "explicit",
    }
}

open_enum! {
    /// How long a cached prefix lives (deprecated; gpt-5.5 and later take only `24h`).
    pub enum CacheRetention {
        /// Minutes.
        InMemory => "in_memory",
        /// A day.
        Hours24 => "24h",
    }
}

wire_object! {
    /// How the prompt is cached (gpt-5.6 and later).
    pub struct CacheOptions {
        optional {
            /// Who places the breakpoints.
            mode: CacheMode => with_mode,
            /// How long a prefix lives, such as `30m`.
            ttl: String => with_ttl,
        }
    }
}

wire_object! {
    /// How a spoken answer sounds.
    pub struct AudioOptions {
        required {
            /// The encoding.
            format: super::AudioFormat,
            /// The voice.
            voice: Voice,
        }
    }
}

impl AudioOptions {
    /// Speech by `voice`, encoded as `format`.
    pub fn new(voice: impl Into<Voice>, format: impl Into<super::AudioFormat>) -> Self {
        Self {
            voice: voice.into(),
            format: format.into(),
            ..Self::default()
        }
    }
}

shape_union! {
    /// A voice: one of the server's by name, or one's own by id.
    pub enum Voice, "a voice's name or an object with its id" {
        /// One of the server's, such as `alloy`.
        text Name(String),
        /// One's own.
        object Custom(VoiceId),
    }
}

impl Default for Voice {
    /// `alloy`, the voice of OpenAI's examples.
    fn default() -> Self {
        Self::Name("alloy".to_owned())
    }
}

wire_object! {
    /// The id of one's own voice.
    pub struct VoiceId {
        required {
            /// The id.
            id: String,
        }
    }
}

tagged_union! {
    /// Text that much of the answer will repeat, so that it comes faster.
    pub enum Prediction by "type" {
        /// Known content.
        "content" => Content(ContentPrediction),
    }
}

wire_object! {
    /// Known content, such as a file to be edited.
    pub struct ContentPrediction {
        required {
            /// A string or text parts.
            content: MessageContent,
        }
    }
}

wire_object! {
    /// How a search model searches the web.
    pub struct WebSearchOptions {
        optional {
            /// How much of the results the model reads; `medium` where absent.
            search_context_size: SearchContextSize => with_search_context_size,
            /// Where the end user is, roughly.
            user_location: UserLocation => with_user_location,
        }
    }
}

open_enum! {
    /// How much of the search results the model reads.
    pub enum SearchContextSize {
        /// Little.
        Low => "low",
        /// The default.
        Medium => "medium",
        /// Much.
        High => "high",
    }
}

tagged_union! {
    /// Where the end user is.
    pub enum UserLocation by "type" {
        /// Roughly.
        "approximate" => Approximate(ApproximateUserLocation),
    }
}

wire_object! {
    /// Where the end user is, roughly.
    pub struct ApproximateUserLocation {
        required {
            /// The place.
            approximate: ApproximateLocation,
        }
    }
}

wire_object! {
    /// A rough place.
    pub struct ApproximateLocation {
        optional {
            /// The city's name.
            city: String => with_city,
            /// The country, as two letters of ISO 3166-1.
            country: String => with_country,
            /// The region's name.
            region: String => with_region,
            /// The time zone, as an IANA name.
            timezone: String => with_timezone,
        }
    }
}
