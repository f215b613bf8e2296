//! What an image is, by its first bytes and by what its server says of it.

/// The media type that the first bytes show, of those that models see. Pixels are not looked at.
///
/// Sources: <https://www.w3.org/TR/png-3/#3PNGsignature>, <https://www.w3.org/Graphics/JPEG/itu-t81.pdf> (annex B),
/// <https://www.w3.org/Graphics/GIF/spec-gif89a.txt> (section 17), <https://www.rfc-editor.org/rfc/rfc9649#section-2.3>
pub(super) fn sniffed(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        _ => None,
    }
}

/// Whether a server's word goes with what the bytes show. A word for 'some bytes' and no word go with everything.
pub(super) fn agrees(declared: &str, sniffed: &str) -> bool {
    match declared {
        "" | "application/octet-stream" | "binary/octet-stream" => true,
        "image/jpg" | "image/pjpeg" => sniffed == "image/jpeg",
        "image/x-png" => sniffed == "image/png",
        declared => declared == sniffed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_and_what_is_said_have_to_agree() {
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0..", Some("image/jpeg")),
            (b"GIF89a..", Some("image/gif")),
            (b"GIF87a..", Some("image/gif")),
            (b"RIFF\x00\x00\x00\x00WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
            (b"GIF88a", None),
            (b"\x89PNG\n", None),
            (b"<svg xmlns", None),
            (b"<html>", None),
            (b"\x1f\x8b\x08", None),
            (b"", None),
        ] {
            assert_eq!(sniffed(bytes), kind, "{bytes:?}");
        }
        assert!(agrees("", "image/png") && agrees("image/png", "image/png"));
        assert!(
            agrees("image/jpg", "image/jpeg") && agrees("application/octet-stream", "image/gif")
        );
        assert!(!agrees("image/png", "image/jpeg") && !agrees("text/html", "image/png"));
        assert!(!agrees("image/jpg", "image/png"));
    }
}
