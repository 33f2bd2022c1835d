// An answer that repeats the request (error pages do) is kept without what its endpoint keeps secret: values of headers, the URL's query.
// Pure. Known are JSON's and a URL's ways of writing them; what a receiver writes in an encoding of its own stays.

type Sent = { url: string; headers: Readonly<Record<string, string>> }

/** Shorter ones are no secrets, and would be found in any text. */
const LEAST_CHARS = 6
/** Made by us for each attempt, or the same for all. */
const ours = /^(webhook-.*|zaplog-.*|content-type|user-agent)$/

export function maskEcho(text: string, sent: Sent): string {
  const secrets = secretsOf(sent)
  const masked = secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text)
  return withoutBegun(masked, secrets)
}

/** Longest first, so that none is masked in parts; a credential also without its scheme. */
function secretsOf({ url, headers }: Sent): readonly string[] {
  const query = url.split('?').slice(1).join('?')
  const parameters = [...query.split('&').map(one => one.slice(one.indexOf('=') + 1)), ...new URLSearchParams(query).values()]
  const values = Object.entries(headers).flatMap(([name, value]) =>
    ours.test(name) ? [] : [value, value.replace(/^\S+\s+/, '')],
  )
  const secrets = [query, ...parameters, ...values]
    .flatMap(secret => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())])
    .filter(secret => secret.length >= LEAST_CHARS)
  return [...new Set(secrets)].toSorted((a, b) => b.length - a.length)
}

/** Answers are cut at a length, perhaps inside a secret. */
function withoutBegun(text: string, secrets: readonly string[]): string {
  const begun = Math.max(0, ...secrets.map(secret => commonLength(text, secret)))
  return begun < LEAST_CHARS ? text : `${text.slice(0, -begun)}***`
}

/** Of the end of the text with the beginning of the secret. */
function commonLength(text: string, secret: string): number {
  for (let length = Math.min(text.length, secret.length); length > 0; length--)
    if (text.endsWith(secret.slice(0, length))) return length
  return 0
}
