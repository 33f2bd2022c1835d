// --hold-media: how long a message waits for its file.
import { InvalidArgumentError } from 'commander'

/** Seconds. */
export type HoldMedia = number | 'until-settled'

/** For commander; which numbers are right is zaplog's to say. */
export function parseHoldMedia(text: string): HoldMedia {
  if (text === 'until-settled') return text
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected seconds from 0 to 900, or until-settled.')
  return Number(text)
}
