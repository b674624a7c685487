mod access;
mod caching;
mod errors;
mod formats;
mod geometry;
mod options;
mod paths;
mod renditions;
