// --secret: what a receiver verifies webhooks with, as webhooks add shows it.
import { InvalidArgumentError } from 'commander'

/** Standard Webhooks 1.0.0: of 24 bytes or more. */
const LEAST_BYTES = 24

/** For commander. */
export function parseSecret(text: string): string {
  const [, key] = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(text) ?? []
  if (key === undefined || Buffer.from(key, 'base64').length < LEAST_BYTES)
    throw new InvalidArgumentError('Expected a secret such as webhooks add shows, whsec_ and base64 of 24 bytes or more.')
  return text
}
