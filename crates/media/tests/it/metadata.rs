//! Nothing of a file but its pixels is in what is put out.

use media::{Limits, Rendered, render};

use crate::files::{
    chunk, exif, exif_segment, gif, jpeg, png, segment, webp_of, with_chunks, with_segments, zlib,
};

const XMP: &[u8] =
    b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><exif:GPSLatitude>40,13N</exif:GPSLatitude></x:xmpmeta>";
const SCRIPT: &[u8] = b"<script>alert('secret')</script>";
/// What would tell that something came along.
const TRACES: [&[u8]; 9] = [
    b"Exif",
    b"GPS",
    b"adobe",
    b"xmpmeta",
    b"ICC_PROFILE",
    b"secret",
    b"<script",
    b"PK\x03\x04",
    b"Photoshop",
];

/// The markers of a JPEG up to its scan.
fn markers(jpeg: &[u8]) -> Vec<u8> {
    let (mut found, mut at) = (Vec::new(), 2);
    while jpeg[at + 1] != 0xda {
        assert_eq!(jpeg[at], 0xff);
        found.push(jpeg[at + 1]);
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    found
}

#[track_caller]
fn assert_bare(rendered: &Rendered) {
    for picture in rendered.thumbnails.iter().chain([&rendered.master]) {
        for trace in TRACES {
            let found = picture.bytes.windows(trace.len()).any(|part| part == trace);
            assert!(!found, "{} came along", String::from_utf8_lossy(trace));
        }
        // JFIF, quantization, frame, Huffman: no Exif, no XMP, no comment.
        let markers = markers(&picture.bytes);
        assert!(markers.iter().all(|marker| matches!(marker, 0xe0 | 0xdb | 0xc0 | 0xc4)), "{markers:x?}");
        assert!(picture.bytes.ends_with(b"\xff\xd9"));
    }
}

#[track_caller]
fn assert_survives_bare(bytes: &[u8]) {
    let has_trace = |trace: &&[u8]| bytes.windows(trace.len()).any(|part| part == *trace);
    assert!(TRACES.iter().any(has_trace), "there is something in the file to lose");
    let rendered = render(bytes, &Limits::default()).unwrap();
    assert_bare(&rendered);
    assert_eq!((rendered.master.width, rendered.master.height), (64, 48));
}

#[test]
fn the_place_of_a_photograph_is_lost() {
    let segments = [
        exif_segment(1),
        segment(0xe1, XMP),
        segment(0xed, b"Photoshop 3.0\08BIM secret"),
        segment(0xfe, SCRIPT),
    ];
    assert_survives_bare(&with_segments(&jpeg(64, 48), &segments));
    let chunks = [
        chunk(b"eXIf", &exif(1)),
        chunk(b"tEXt", &[b"Comment\0", SCRIPT].concat()),
        chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", XMP].concat()),
        chunk(b"zTXt", &[b"Comment\0\0", &zlib(SCRIPT)[..]].concat()),
    ];
    assert_survives_bare(&with_chunks(&png(64, 48), &chunks));
    assert_survives_bare(&webp_of(64, 48, |encoder| {
        encoder.set_exif_metadata(exif(1));
        encoder.set_xmp_metadata(XMP.to_vec());
    }));
}

#[test]
fn a_page_hidden_in_a_gif_is_lost() {
    let plain = gif(64, 48);
    // Behind the screen and its palette of four colours, as a comment; and once more behind the end.
    let (head, rest) = plain.split_at(13 + 4 * 3);
    let comment = [&b"\x21\xfe"[..], &[u8::try_from(SCRIPT.len()).unwrap()], SCRIPT, b"\0"].concat();
    assert_survives_bare(&[head, &comment, rest, b"<html>", SCRIPT].concat());
}

#[test]
fn an_archive_behind_a_jpeg_is_lost() {
    let archive = b"PK\x03\x04\x14\0\0\0\0\0secret.txtPK\x05\x06";
    assert_survives_bare(&[&jpeg(64, 48)[..], archive].concat());
    assert_survives_bare(&[&png(64, 48)[..], archive].concat());
    assert_survives_bare(&[&webp_of(64, 48, |_| {})[..], archive].concat());
}
