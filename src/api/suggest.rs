//! What was probably meant by a path that leads nowhere (pure).

use super::OPERATIONS;

/// How many slips a path may have to be recognised.
const SLIPS: usize = 4;

/// The path that `path` was probably meant to be, for a request with `method`.
pub(super) fn suggest(method: &str, path: &str) -> Option<String> {
    let asked: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let candidates = OPERATIONS.iter().filter(|one| one.method.eq_ignore_ascii_case(method));
    let (slips, meant) = candidates
        .flat_map(|operation| readings(operation.path, &asked))
        .min_by_key(|(slips, _)| *slips)?;
    (1..=SLIPS).contains(&slips).then_some(meant)
}

/// The path read as an operation's, with the number of slips; also with its beginning left out.
fn readings(operation: &str, asked: &[&str]) -> Vec<(usize, String)> {
    let template = format!("client/v4/accounts/{{account_id}}/images{operation}");
    let template: Vec<&str> = template.split('/').collect();
    (0..=2).filter_map(|skipped| read(&template, skipped, asked)).collect()
}

/// Lays the path beside the template from its `skipped`-th segment on. A placeholder takes what is
/// there; other segments count the letters that are wrong.
fn read(template: &[&str], skipped: usize, asked: &[&str]) -> Option<(usize, String)> {
    let rest = &template[skipped..];
    let open_end = rest.last().is_some_and(|last| last.starts_with("{*"));
    if rest.len() != asked.len() && !(open_end && asked.len() > rest.len()) {
        return None;
    }
    let mut slips = skipped;
    let mut meant: Vec<&str> = template[..skipped].to_vec();
    for (index, segment) in asked.iter().enumerate() {
        let expected = rest.get(index).copied().unwrap_or("{*}");
        if expected.starts_with('{') {
            meant.push(segment);
        } else {
            let wrong = strsim::damerau_levenshtein(expected, segment);
            // A word that is wrong through and through is another word.
            if wrong > expected.len() / 2 {
                return None;
            }
            slips += wrong;
            meant.push(expected);
        }
    }
    Some((slips, format!("/{}", meant.join("/"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_missing_beginnings_are_recognised() {
        for (path, expected) in [
            ("/client/v4/account/abc/images/v1", "/client/v4/accounts/abc/images/v1"),
            ("/client/v4/accounts/abc/image/v1/stats", "/client/v4/accounts/abc/images/v1/stats"),
            ("/client/v4/accounts/abc/images/v1/varaints/x", ""),
            ("/client/v4/accounts/abc/images/v3", "/client/v4/accounts/abc/images/v1"),
            ("/accounts/abc/images/v1", "/client/v4/accounts/abc/images/v1"),
            ("/v4/accounts/abc/images/v2", "/client/v4/accounts/abc/images/v2"),
            ("/client/v4//accounts/abc/images/v9/a/b", "/client/v4/accounts/abc/images/v1/a/b"),
            ("/client/v4/zones/abc/dns_records", ""),
            ("/nothing", ""),
        ] {
            assert_eq!(suggest("GET", path).unwrap_or_default(), expected, "{path}");
        }
    }
}
