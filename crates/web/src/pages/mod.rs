//! The pages, one file each; how they write figures is in `figures`.

mod figures;
mod needs;
pub(crate) mod overview;
mod plan;
