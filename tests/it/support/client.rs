//! Forms to send and answers to look at.

use axum::http::HeaderMap;
use http_body_util::BodyExt;
use serde_json::Value;

use super::fixtures;

/// An answer, read to its end.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(super) async fn read(response: axum::response::Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// A header's value; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and body, to compare with an inline snapshot.
    pub(crate) fn snapshot(&self) -> String {
        format!("{} {}", self.status, self.text())
    }

    /// The ids of a listing, in order.
    pub(crate) fn image_ids(&self) -> String {
        let json = self.json();
        assert_eq!(self.status, 200, "{json}");
        let images = json["result"]["images"].as_array().unwrap();
        images.iter().map(|image| image["id"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    /// The code of the first error in the envelope, with the status: `404/5404`.
    pub(crate) fn failure(&self) -> String {
        let json = self.json();
        assert_eq!(json["success"], false, "{json}");
        format!("{}/{}", self.status, json["errors"][0]["code"])
    }
}

/// A multipart body.
pub(crate) struct Form {
    body: Vec<u8>,
}

impl Form {
    const BOUNDARY: &str = "tintype-test-boundary";
    pub(super) const CONTENT_TYPE: &str = "multipart/form-data; boundary=tintype-test-boundary";

    pub(crate) fn new() -> Self {
        Self { body: Vec::new() }
    }

    /// A form with a fixture as its file.
    pub(crate) fn file(fixture: &str) -> Self {
        let name = fixture.rsplit('/').next().unwrap();
        Self::new().bytes(name, &fixtures::read(fixture))
    }

    /// Adds a file part, labelled carelessly as real clients do.
    pub(crate) fn bytes(self, filename: &str, bytes: &[u8]) -> Self {
        let disposition = format!("form-data; name=\"file\"; filename=\"{filename}\"");
        self.part(&disposition, "application/octet-stream", bytes)
    }

    /// Adds a text part.
    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        self.part(&format!("form-data; name=\"{name}\""), "text/plain", value.as_bytes())
    }

    /// Adds a text part of bytes that may be no text.
    pub(crate) fn raw_text(self, name: &str, value: &[u8]) -> Self {
        self.part(&format!("form-data; name=\"{name}\""), "text/plain", value)
    }

    fn part(mut self, disposition: &str, content_type: &str, bytes: &[u8]) -> Self {
        let head = format!(
            "--{}\r\ncontent-disposition: {disposition}\r\ncontent-type: {content_type}\r\n\r\n",
            Self::BOUNDARY
        );
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(bytes);
        self.body.extend_from_slice(b"\r\n");
        self
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.body.extend_from_slice(format!("--{}--\r\n", Self::BOUNDARY).as_bytes());
        self.body
    }
}
