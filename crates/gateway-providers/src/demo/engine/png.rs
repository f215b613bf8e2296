//! A PNG without a compressor: stored blocks only (<https://www.w3.org/TR/png-3/>, RFC 1950, RFC 1951).

/// The width and height of the demo image, in pixels.
pub(super) const SIDE: u8 = 64;
/// The pattern is this many squares wide and high, mirrored at its middle.
const SQUARES: u8 = 8;

/// A symmetric pattern in two colours, both drawn from the seed.
pub(super) fn pattern(seed: u64) -> Vec<u8> {
    let [red, green, blue, ..] = seed.to_le_bytes();
    let front = [red / 2, green / 2, blue / 2];
    let back = [255 - red / 4, 255 - green / 4, 255 - blue / 4];
    let mut rows = Vec::new();
    for y in 0..SIDE {
        // Each row begins with its filter: none.
        rows.push(0);
        for x in 0..SIDE {
            let square = SIDE / SQUARES;
            let column = (x / square).min(SQUARES - 1 - x / square);
            let bit = u32::from((y / square) * (SQUARES / 2) + column);
            rows.extend(if seed.rotate_right(bit) & 1 == 1 {
                front
            } else {
                back
            });
        }
    }
    file(&rows)
}

/// Rows of 8-bit RGB as a file.
fn file(rows: &[u8]) -> Vec<u8> {
    const RGB_8_BIT: [u8; 5] = [8, 2, 0, 0, 0];
    let side = u32::from(SIDE).to_be_bytes();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(
        &mut file,
        b"IHDR",
        &[side.as_slice(), &side, &RGB_8_BIT].concat(),
    );
    chunk(&mut file, b"IDAT", &stored(rows));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    file.extend(length.to_be_bytes());
    let body = [kind.as_slice(), data].concat();
    file.extend(&body);
    file.extend(crc32(&body).to_be_bytes());
}

/// A zlib stream of stored blocks.
fn stored(data: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 0xffff;
    let mut stream = vec![0x78, 0x01];
    let mut blocks = data.chunks(BLOCK).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler32(data).to_be_bytes());
    stream
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}

fn adler32(data: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (low, high) = data.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % MODULUS;
        (low, (high + low) % MODULUS)
    });
    (high << 16) | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standards() {
        // The check values of both algorithms' usual descriptions.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn a_file_is_well_formed() {
        let file = pattern(0x0123_4567_89ab_cdef);
        assert!(
            file.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x40\x08\x02\0\0\0")
        );
        let mut rest = &file[8..];
        let mut kinds = Vec::new();
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            let crc = u32::from_be_bytes(rest[8 + length..12 + length].try_into().unwrap());
            assert_eq!(crc, crc32(&rest[4..8 + length]));
            kinds.push(&rest[4..8]);
            rest = &rest[12 + length..];
        }
        assert_eq!(kinds, [b"IHDR", b"IDAT", b"IEND"]);
        assert_ne!(pattern(1), pattern(2));
    }
}
