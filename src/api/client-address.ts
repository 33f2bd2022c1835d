// Under which name the failures of a client are counted: whoever has one IPv6 address has all of its /64.
import ipaddr from 'ipaddr.js'

/** `203.0.113.7`, `2001:db8:0:1::/64`; null where it is no address. An IPv4 address inside of IPv6 is the IPv4 address. */
export function clientBlock(address: string | undefined): string | null {
  if (address === undefined || !ipaddr.isValid(address)) return null
  const parsed = ipaddr.process(address)
  if (parsed instanceof ipaddr.IPv4) return parsed.toString()
  return `${new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`
}
