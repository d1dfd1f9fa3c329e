//! The one table of everything that can be refused or go wrong, from which the type URIs, the codes, the statuses
//! and `docs/problems.md` are made. A row's `code` is its slug with underscores; neither ever changes once published.

use std::fmt::Write;

use actix_web::http::StatusCode;

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spec {
    /// The part of the product it belongs to; the first segment of the type URI.
    pub area: &'static str,
    /// The last segment of the type URI, in kebab case.
    pub slug: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// A short summary, the same for every occurrence.
    pub title: &'static str,
    /// What it means and what a caller does about it, for the documentation.
    pub description: &'static str,
}

macro_rules! problem_kinds {
    ($($area:literal { $($variant:ident $slug:literal $status:literal $title:literal $description:literal)* })*) => {
        /// What kind of problem it is.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum ProblemKind {
            $($(#[doc = $description] $variant,)*)*
        }

        impl ProblemKind {
            /// Every kind, by area.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)*)*];

            /// The kind's row in the table.
            #[must_use]
            pub const fn spec(self) -> &'static Spec {
                match self {
                    $($(Self::$variant => &Spec {
                        area: $area,
                        slug: $slug,
                        status: $status,
                        title: $title,
                        description: $description,
                    },)*)*
                }
            }
        }
    };
}

problem_kinds! {
    "request" {
        MalformedRequest "malformed-request" 400 "Malformed request"
            "The request cannot be read: a path, a header or the body is not well-formed. An address beyond 65,534 bytes is answered 400 and a head beyond 128 KiB or 96 headers 431, both without a body: nothing of them is looked at."
        MalformedJson "malformed-json" 400 "Malformed JSON"
            "The body is not JSON in UTF-8. The detail names line and column."
        InvalidInput "invalid-input" 422 "Invalid input"
            "The body is JSON, but not what the route takes. What is missing, unknown or of the wrong type is found first, and `errors` names that one alone; where nothing is, `errors` lists all that is out of bounds. Each has its JSON pointer."
        UpgradeRequired "upgrade-required" 426 "Upgrade required"
            "The route is a WebSocket: ask for it with `Upgrade: websocket`."
        UnsupportedMediaType "unsupported-media-type" 415 "Unsupported media type"
            "Send the body with `Content-Type: application/json`, and without a `Content-Encoding`."
        NotAcceptable "not-acceptable" 406 "Not acceptable"
            "No representation satisfies the request's `Accept-Encoding`."
        BodyTooLarge "body-too-large" 413 "Body too large"
            "The body exceeds the route's `limit` in bytes: 8 KiB below `/api/v1/auth/`, 25 MiB for a picture, else 64 KiB. The connection is closed."
        RequestTimeout "request-timeout" 408 "Request timeout"
            "The body took too long to arrive, and nothing was done. The connection is closed."
        UnknownParameter "unknown-parameter" 400 "Unknown parameter"
            "The query has a parameter that the route does not know. `errors` names each; check the spelling."
        InvalidParameter "invalid-parameter" 400 "Invalid parameter"
            "A parameter of the query or a header has a value that cannot be used, or is repeated. `errors` names it."
        InvalidCursor "invalid-cursor" 400 "Invalid cursor"
            "The cursor was not issued for this list, filter and sort. Start again without it."
        NotFound "not-found" 404 "Not found"
            "There is nothing here, or nothing that you may know of."
        MethodNotAllowed "method-not-allowed" 405 "Method not allowed"
            "The resource exists but does not take this method. `Allow` lists those it takes."
        PreconditionFailed "precondition-failed" 412 "Precondition failed"
            "The resource has changed since you read it: `If-Match` does not name its present `ETag`. Read it again."
        PreconditionRequired "precondition-required" 428 "Precondition required"
            "Send `If-Match` with the `ETag` of the version that you mean to change."
        OriginRefused "origin-refused" 403 "Origin refused"
            "Pages of this origin may not call the API; the operator lists those that may."
        RateLimited "rate-limited" 429 "Too many requests"
            "You have sent more requests than allowed. Wait for the seconds that `Retry-After` says. Every answer tells how many requests are left, in the `RateLimit-*` fields of draft-ietf-httpapi-ratelimit-headers-06. Registering counts as three."
    }
    "idempotency" {
        IdempotencyKeyRequired "idempotency-key-required" 400 "Idempotency-Key required"
            "Send an `Idempotency-Key` header of your own making, so that the request can safely be repeated."
        IdempotencyKeyReused "idempotency-key-reused" 422 "Idempotency-Key reused"
            "You used the key within the last 24 hours at this route for a different request: with another body, or for another id. Make a new one. Keys count per route and caller: the same key at another route is another key."
        RequestInFlight "request-in-flight" 409 "Request in flight"
            "A request with the same key is still being worked on. Repeat this one after `Retry-After` seconds."
    }
    "auth" {
        Unauthenticated "unauthenticated" 401 "Not authenticated"
            "Send a valid access token as `Authorization: Bearer`. A token that has expired is renewed at the refresh route."
        Forbidden "forbidden" 403 "Forbidden"
            "You are known, but this is not yours to do."
    }
    "accounts" {
        EmailTaken "email-taken" 409 "Email address taken"
            "An account with this email address exists, perhaps in other capitals. Log in instead."
        WrongCredentials "wrong-credentials" 401 "Wrong credentials"
            "No account has this email address, or its password is another; which of the two is not told."
        TooManyAttempts "too-many-attempts" 429 "Too many attempts"
            "Logging in with this email address failed too often, whether or not it has an account. Wait for the seconds that `Retry-After` says."
        AccountDisabled "account-disabled" 403 "Account disabled"
            "The account was closed by the platform."
        RefreshTokenInvalid "refresh-token-invalid" 401 "Refresh token not valid"
            "The refresh token is unknown or has expired, or its session has ended. Log in again."
        RefreshTokenReplayed "refresh-token-replayed" 401 "Refresh token used twice"
            "A refresh token works once. It was used before, so somebody else may have it: its session was ended. Log in again, and never refresh twice at once."
        MailedLinkInvalid "mailed-link-invalid" 409 "Link not valid"
            "The token is none of ours, its link's time is over, it was used, or a newer link was asked for. Ask for a new one."
        EmailVerified "email-verified" 409 "Email address verified"
            "The account's email address is known to be its owner's: no link has to show it."
        TooManyStreams "too-many-streams" 429 "Too many streams"
            "You have ten live streams open, over sockets or as events. Close one before you open the next."
        TooManyAddresses "too-many-addresses" 409 "Too many addresses"
            "The account has as many addresses as it can have. Remove one first."
        AlreadyVendor "already-vendor" 409 "Already a vendor"
            "The account has a storefront. Change it instead."
        SlugTaken "slug-taken" 409 "Storefront address taken"
            "Another storefront has this slug."
        LastAdmin "last-admin" 409 "Last admin"
            "Nobody would be left to run the platform. Make somebody else an admin first."
    }
    "catalog" {
        NotAVendor "not-a-vendor" 403 "Not a vendor"
            "Only a vendor has offerings. Open a shop first."
        NotAGardener "not-a-gardener" 403 "Not a gardener"
            "Only a vendor of the kind gardener has plants and listings."
        NotLocated "not-located" 409 "Not located"
            "A listing is picked up at a center near its gardener, whose primary address is missing or has no place on the map yet. `remedy` says what to do."
        OutOfReach "out-of-reach" 409 "Out of reach"
            "A listing is picked up at an approved center within 100 miles of its gardener, and there is none. `nearest_center` tells the nearest one with its `miles`, `remedy` what to do."
        SkuTaken "sku-taken" 409 "SKU taken"
            "Another of the vendor's products has this SKU."
        CategorySlugTaken "category-slug-taken" 409 "Category slug taken"
            "Another category has this slug."
        CategoryInUse "category-in-use" 409 "Category in use"
            "Offerings are filed under the category, or other categories are below it."
        PlantInUse "plant-in-use" 409 "Plant in use"
            "The plant still has listings. Remove them first."
        AlreadyReported "already-reported" 409 "Already reported"
            "A report of yours on the same subject is still open."
        ReportDecided "report-decided" 409 "Report decided"
            "The report has been resolved or dismissed before."
    }
    "stock" {
        InsufficientStock "insufficient-stock" 409 "Insufficient stock"
            "There is less than was asked for; nothing was taken. `shortages` lists each `id` with the `quantity` asked for and the `quantity_available`."
        StockChanged "stock-changed" 409 "Stock changed"
            "What is available is not what you expected. `quantity_available` tells what it is now."
        HoldExpired "hold-expired" 409 "Hold expired"
            "What was held for you has lapsed. Start again."
    }
    "logistics" {
        WrongCenterState "wrong-center-state" 409 "Wrong center state"
            "The center's status, `current_status`, does not allow this."
        CenterNotApproved "center-not-approved" 409 "Center not approved"
            "Goods are picked up at approved centers only."
        WindowNotOffered "window-not-offered" 409 "Window not offered"
            "The center does not offer this pickup window, or not any more. `reason` is `not_offered`, `too_soon` for what begins in less than 2 hours or has begun, `too_far` for what begins in more than 14 days; at a center without windows of its own `past`, `too_far` or `length`. `GET /api/v1/centers/{id}/windows` lists what can be chosen."
        WindowFull "window-full" 409 "Window full"
            "Every place in the pickup window is taken. Choose another."
        AddressNotFound "address-not-found" 422 "Address not found"
            "The address names no certain place. Check it, or give less of it: a postal code, or a city with its state."
        GeocoderUnavailable "geocoder-unavailable" 503 "Geocoder unavailable"
            "Addresses cannot be looked up now. Repeat the request after `Retry-After` seconds, or give coordinates."
    }
    "market" {
        EmptyCart "empty-cart" 409 "Empty cart"
            "There is nothing in your cart to check out."
        CartFull "cart-full" 409 "Cart full"
            "A cart holds at most `most` lines."
        CartProblems "cart-problems" 409 "Problems in the cart"
            "Nothing was ordered: `problems` lists what must be put right first, as the cart does. Accept new prices at `/api/v1/cart/prices/acknowledge`."
        PickupNeedsAccount "pickup-needs-account" 409 "Pickup needs an account"
            "Some lines are picked up, for which your place must be known; nothing was ordered. `problems` names them as `login_required`, beside whatever else stands in the way. Log in, or take them out of the cart."
        OutOfStock "out-of-stock" 409 "Out of stock"
            "There is less than was asked for, and nothing was ordered or put in. `quantity_available` tells what can be had, `quantity_asked` what was asked for, `problems` each line of a checkout that falls short."
        NotEligible "not-eligible" 409 "Not eligible"
            "No approved distribution center is within 100 miles of you and of every gardener. `eligibility` tells who lacks what."
        NoShippingAddress "no-shipping-address" 409 "No shipping address"
            "Something in the cart ships. Save an address, or name one of yours."
        PaymentTooLate "payment-too-late" 409 "Payment too late"
            "The order was not paid by its `pay_by`, and its stock is no longer held. Check out again."
        CenterNotEligible "center-not-eligible" 409 "Center not eligible"
            "The center is not among those that everybody in the order reached when it was placed, or is no longer approved. `GET /api/v1/orders/{id}/centers` lists what can be chosen."
        WrongOrderState "wrong-order-state" 409 "Wrong order state"
            "The order's status, `current_status`, does not allow this `action`. The order's `actions` lists what it does allow."
        NotYourStep "not-your-step" 403 "Not your step"
            "The `action` is for another party of the order: customers pay and choose the pickup, vendors hand over and ship."
        NotSoleVendor "not-sole-vendor" 403 "Not the only vendor"
            "Other vendors sell in this order too, so that none of them can call it off. Ask the customer or an admin."
        OwnSale "own-sale" 409 "Your own sale"
            "You sell in this order, and nobody buys from themselves."
        AmountTooLarge "amount-too-large" 422 "Amount too large"
            "The price times the quantity is beyond what can be charged."
    }
    "media" {
        UnsupportedPicture "unsupported-picture" 415 "Unsupported picture"
            "The file is neither a JPEG, a PNG, a WebP nor a GIF picture, or another of these than its `Content-Type` says."
        UnusablePicture "unusable-picture" 422 "Unusable picture"
            "The file begins like a picture and cannot be used as one: it is empty, broken or cut off, or has too many pixels. A file of up to 25 MiB, 50 million pixels and 16,384 pixels a side is taken."
        TooManyLooseImages "too-many-loose-images" 409 "Too many images attached to nothing"
            "As many of your images as may be are attached to nothing. Attach some, or remove them."
        NoDirectUploads "no-direct-uploads" 409 "No direct uploads"
            "Pictures are kept where files cannot be sent directly. Send them to `POST /api/v1/images`."
        UploadNotSent "upload-not-sent" 409 "Upload not sent"
            "The file is not in the object store yet. Send it to the upload's `url` first."
        UploadMismatch "upload-mismatch" 409 "Upload of another length"
            "The file in the object store has another length than was announced. Send it once more, or ask for another upload."
        UploadOver "upload-over" 409 "Upload over"
            "The upload was finalized before, or its time is over. Ask for another."
    }
    "server" {
        Busy "busy" 503 "Busy"
            "The server cannot take the request now. Repeat it after `Retry-After` seconds."
        Timeout "timeout" 503 "Timed out"
            "The request took too long and was given up; nothing was changed. Repeat it after `Retry-After` seconds."
        Unavailable "unavailable" 503 "Unavailable"
            "A part that the server needs, such as its database, does not answer."
        Internal "internal" 500 "Internal error"
            "Something failed that is not your doing. Quote the `request_id` when you report it."
    }
}

impl ProblemKind {
    /// The type URI, relative to the server: `/problems/<area>/<slug>`.
    #[must_use]
    pub fn type_uri(self) -> String {
        format!("/problems/{}/{}", self.spec().area, self.spec().slug)
    }

    /// The code for programs, in snake case.
    #[must_use]
    pub fn code(self) -> String {
        self.spec().slug.replace('-', "_")
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.spec().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The kind that stands for a bare status, as a library answers it.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            408 => Self::RequestTimeout,
            504 => Self::Timeout,
            412 => Self::PreconditionFailed,
            413 => Self::BodyTooLarge,
            415 => Self::UnsupportedMediaType,
            422 => Self::InvalidInput,
            428 => Self::PreconditionRequired,
            429 => Self::RateLimited,
            502 | 503 => Self::Unavailable,
            400..=499 => Self::MalformedRequest,
            _ => Self::Internal,
        }
    }
}

/// The table as the documentation shows it, in Markdown.
#[must_use]
pub fn render_markdown() -> String {
    let mut text = String::from(
        "# Problems\n\nEvery refusal and failure is answered as `application/problem+json` (RFC 9457) with one of \
         these types.\n`code` is what a program compares; `errors` lists fields, each with `pointer`, `code` and \
         `message`.\nThis page is written by the gateway's tests from `bin/gateway/src/problem/kinds.rs`.\n",
    );
    let mut area = "";
    for kind in ProblemKind::ALL {
        let Spec { area: its_area, status, title, description, .. } = kind.spec();
        // Writing to a string cannot fail.
        if *its_area != area {
            area = its_area;
            let _ = write!(text, "\n## {area}\n\n| Status | Code | Type | Meaning |\n|---|---|---|---|\n");
        }
        let (code, uri) = (kind.code(), kind.type_uri());
        let _ = writeln!(text, "| {status} | `{code}` | `{uri}` | {title}. {description} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn types_and_codes_are_unique_and_well_written() {
        let uris: BTreeSet<_> = ProblemKind::ALL.iter().map(|kind| kind.type_uri()).collect();
        let codes: BTreeSet<_> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!((uris.len(), codes.len()), (ProblemKind::ALL.len(), ProblemKind::ALL.len()));
        for kind in ProblemKind::ALL {
            let spec = kind.spec();
            assert!(spec.slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", spec.slug);
            assert!((400..=599).contains(&spec.status), "{}", spec.slug);
            assert!(spec.description.ends_with('.') && !spec.title.ends_with('.'), "{}", spec.slug);
        }
    }
}
