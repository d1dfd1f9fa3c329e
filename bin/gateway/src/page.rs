//! Pages for people who follow a link in a mail: HTML without scripts, with nothing fetched from elsewhere.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::body::BoxBody;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::{HttpRequest, HttpResponse, Responder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use paperclip::actix::OperationModifier;
use paperclip::v2::models::{DataType, DefaultOperationRaw, DefaultSchemaRaw, Either, Response};
use paperclip::v2::schema::Apiv2Schema;
use sha2::{Digest, Sha256};

/// By which the document knows that an answer is a page.
pub(crate) const DESCRIPTION: &str = "A page for people.";

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}\
                     button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.4rem;\
                     background:#2c6e3f;color:#fff;cursor:pointer}";

/// The page's own style and a form to where it came from; nothing else.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
});

/// A page with a heading, paragraphs of text, and perhaps a button that sends a POST to the page's own address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Page {
    /// The heading, and the title.
    pub heading: String,
    /// What it says.
    pub paragraphs: Vec<String>,
    /// What the button says.
    pub button: Option<String>,
    /// A link at the end: its words and its address.
    pub link: (String, String),
}

impl Page {
    fn html(&self) -> String {
        let heading = escaped(&self.heading);
        let paragraphs =
            self.paragraphs.iter().flat_map(|text| ["<p>".to_owned(), escaped(text), "</p>\n".to_owned()]);
        let paragraphs: String = paragraphs.collect();
        // Without an address a form is sent to where the page came from.
        let button = self.button.as_ref().map(|words| {
            format!("<form method=\"post\"><button type=\"submit\">{}</button></form>\n", escaped(words))
        });
        let (words, address) = (escaped(&self.link.0), escaped(&self.link.1));
        let link = format!("<p><a href=\"{address}\" rel=\"noreferrer\">{words}</a></p>\n");
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{heading}</title>\n<style>{STYLE}</style>\n\
             </head>\n<body>\n<h1>{heading}</h1>\n{paragraphs}{}{link}</body>\n</html>\n",
            button.unwrap_or_default(),
        )
    }
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut safe, c| {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
        safe
    })
}

impl Responder for Page {
    type Body = BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((CONTENT_SECURITY_POLICY, POLICY.as_str()))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(self.html())
    }
}

impl Apiv2Schema for Page {}

impl OperationModifier for Page {
    fn update_response(op: &mut DefaultOperationRaw) {
        let schema = DefaultSchemaRaw { data_type: Some(DataType::String), ..DefaultSchemaRaw::default() };
        let description = Some(DESCRIPTION.to_owned());
        let response = Response { description, schema: Some(schema), ..Response::default() };
        op.responses.insert("200".to_owned(), Either::Right(response));
    }

    fn update_definitions(_map: &mut BTreeMap<String, DefaultSchemaRaw>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_says_is_text() {
        let page = Page {
            heading: "<script>".to_owned(),
            paragraphs: vec!["a & b".to_owned()],
            button: Some("\"Stop\"".to_owned()),
            link: ("Settings".to_owned(), "https://a.example/?a=1&b='2'".to_owned()),
        };
        let html = page.html();
        assert!(!html.contains("<script>") && html.contains("<h1>&lt;script&gt;</h1>"), "{html}");
        assert!(html.contains("<p>a &amp; b</p>") && html.contains("&quot;Stop&quot;"), "{html}");
        assert!(html.contains("href=\"https://a.example/?a=1&amp;b=&#39;2&#39;\""), "{html}");
        assert!(POLICY.contains("style-src 'sha256-"));
    }
}
