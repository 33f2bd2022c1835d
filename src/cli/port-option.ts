// An option that is a port, from text to its number.
import { InvalidArgumentError } from 'commander'

const GREATEST_PORT = 65_535

/** For commander. `portsAfter`: how many that follow the port are taken with it. */
export const portParser = ({ portsAfter = 0 } = {}): ((text: string) => number) => {
  const greatest = GREATEST_PORT - portsAfter
  return text => {
    const port = Number(text)
    if (!/^\d+$/.test(text) || port > greatest) throw new InvalidArgumentError(`Expected a port from 0 to ${greatest}.`)
    return port
  }
}
