// --forward: where a received webhook is handed on to.
import { InvalidArgumentError } from 'commander'

/** For commander. */
export function parseForwardUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new InvalidArgumentError('Expected a URL such as http://localhost:3000/hook.')
  if (url.username !== '' || url.password !== '') throw new InvalidArgumentError('Expected a URL without a user or a password.')
  return url.href
}
