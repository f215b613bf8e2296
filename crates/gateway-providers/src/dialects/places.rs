//! Where a dialect's operations stand below a base URL.
//!
//! A base URL is written with or without the path that another protocol of the same server, or another version
//! of the same protocol, needs: `http://localhost:11434`, `.../v1` and `.../api` are one Ollama. A dialect whose
//! paths are its own says here which endings of a base URL are not part of the place.

use crate::Operation;

/// The paths of one dialect.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    /// The dialect's name.
    dialect: &'static str,
    /// Segments that a base URL may end in and that the dialect's own paths begin with, or that belong to another
    /// protocol of the same server.
    pub base_endings: &'static [&'static str],
    /// The path of each operation below what is left of the base URL.
    pub paths: &'static [(Operation, &'static str)],
    /// The path of the list of models.
    pub models: &'static str,
}

static PLACES: &[Places] = &[
    Places {
        dialect: "cohere",
        base_endings: &["v1", "v2"],
        paths: &[
            (Operation::Chat, "/v2/chat"),
            (Operation::Embeddings, "/v2/embed"),
            (Operation::Rerank, "/v2/rerank"),
        ],
        models: "/v1/models",
    },
    Places {
        dialect: "ollama",
        base_endings: &["v1", "api"],
        paths: &[
            (Operation::Chat, "/api/chat"),
            (Operation::Embeddings, "/api/embed"),
        ],
        models: "/api/tags",
    },
];

impl Places {
    /// The places of a dialect that has its own.
    pub fn of(dialect: &str) -> Option<&'static Self> {
        PLACES.iter().find(|places| places.dialect == dialect)
    }

    /// A base path without the endings that are not part of the place.
    ///
    /// ```
    /// use gateway_providers::dialects::Places;
    ///
    /// let places = Places::of("ollama").ok_or("no such dialect")?;
    /// for base in ["", "/", "/v1", "/api", "/v1/"] {
    ///     assert_eq!(places.trim(base), "");
    /// }
    /// assert_eq!(places.trim("/gpu/v1"), "/gpu");
    /// # Ok::<(), &str>(())
    /// ```
    pub fn trim<'a>(&self, base_path: &'a str) -> &'a str {
        let path = base_path.trim_end_matches('/');
        match path.rsplit_once('/') {
            Some((before, last)) if self.base_endings.contains(&last) => before,
            _ => path,
        }
    }
}
