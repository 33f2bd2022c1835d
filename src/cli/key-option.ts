// --key: the Idempotency-Key of what is sent.
import { InvalidArgumentError } from 'commander'

/** For commander. It travels in a header. */
export function parseKey(text: string): string {
  if (!/^[\x20-\x7e]{1,255}$/.test(text)) throw new InvalidArgumentError('Expected 1 to 255 printable characters of ASCII.')
  return text
}
