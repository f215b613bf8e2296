//! Vendors as data: what a row says, the built-in rows, and the document made from them.

mod catalog;
pub mod docs;
mod path;
mod row;

pub(crate) use self::path::segment;
pub use self::{
    catalog::{Catalog, CatalogError, Discovered},
    path::{PathError, PathTemplate, ProxyRule},
    row::{
        DEFAULT_DIALECT, EnvNames, ModelListShape, ModelListSpec, Quirk, RowOverrides,
        StaticHeaders, VendorRow,
    },
};
