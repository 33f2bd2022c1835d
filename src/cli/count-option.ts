// An option that is a number of things, from text.
import { InvalidArgumentError } from 'commander'

/** For commander. */
export const countParser =
  (most: number): ((text: string) => number) =>
  text => {
    const count = Number(text)
    if (!/^\d+$/.test(text) || count > most) throw new InvalidArgumentError(`Expected a whole number from 0 to ${most}.`)
    return count
  }
