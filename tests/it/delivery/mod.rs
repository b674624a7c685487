mod access;
mod caching;
mod errors;
mod formats;
mod geometry;
mod metadata;
mod options;
mod paths;
