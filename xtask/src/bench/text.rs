//! Tables of text.

/// A table with aligned columns; with `ruled`, as Markdown wants it.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>], ruled: bool) -> String {
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells
            .chain(head.get(column).map(|title| title.chars().count()))
            .max()
            .unwrap_or_default()
            .max(3)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        let padded: Vec<_> = padded.collect();
        if ruled {
            format!("| {} |\n", padded.join(" | "))
        } else {
            format!("{}\n", padded.join("  ").trim_end())
        }
    };
    let head: Vec<_> = head.iter().map(|&title| title.to_owned()).collect();
    let rule: Vec<_> = widths.iter().map(|&width| "-".repeat(width)).collect();
    let mut text = line(&head) + &line(&rule);
    rows.iter().for_each(|row| text.push_str(&line(row)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["µ".to_owned(), "longer".to_owned()]];
        assert_eq!(
            table(&["abcd", "b"], &rows, true),
            "| abcd | b      |\n| ---- | ------ |\n| µ    | longer |\n"
        );
        assert_eq!(
            table(&["abcd", "b"], &rows, false),
            "abcd  b\n----  ------\nµ     longer\n"
        );
    }
}
