// Under which name the failures of a client are counted: whoever has one IPv6 address has all of its /64.
import ipaddr from 'ipaddr.js'

/** `203.0.113.7`, `2001:db8:0:1::/64`; null where it is no address. An IPv4 address inside of IPv6 is the IPv4 address. */
export function clientBlock(said: string | undefined): string | null {
  const address = said?.replace(withPort, '$1$2')
  if (address === undefined || !ipaddr.isValid(address)) return null
  const parsed = ipaddr.process(address)
  if (parsed instanceof ipaddr.IPv4) return parsed.toString()
  return `${new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`
}

/** As some proxies write it in X-Forwarded-For: `203.0.113.7:50123`, `[2001:db8::7]:50123`. */
const withPort = /^(?:(\d+\.\d+\.\d+\.\d+):\d+|\[([\da-f:.]+)\](?::\d+)?)$/i
