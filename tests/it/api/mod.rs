mod gateway;
mod images;
mod listing;
mod upload;
mod variants;
