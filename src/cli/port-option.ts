// An option that is a port, from text to its number.
import { InvalidArgumentError } from 'commander'

const GREATEST_PORT = 65_535

export function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > GREATEST_PORT) throw new InvalidArgumentError(`Expected a port from 0 to ${GREATEST_PORT}.`)
  return port
}
