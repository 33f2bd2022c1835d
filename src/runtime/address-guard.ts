// Which addresses may be dialled that somebody else names, as receivers of webhooks and places of files to send: public unicast, and what the operator opened; metadata services and embedded IPv4 never.
// Ranges: IANA special-purpose registries; the same list guards literals in URLs and everything a name resolves to.
import ipaddr from 'ipaddr.js'

export type Allowances = {
  /** 127.0.0.0/8 and ::1. */
  allowLoopback: boolean
  /** CIDR ranges, checked by the configuration. */
  allowCidrs: readonly string[]
  /** The setting that has these [WEBHOOK_ALLOW_CIDRS]. */
  cidrsSetting?: string
}

const usualSetting = 'WEBHOOK_ALLOW_CIDRS'

/** Which settings open an address. */
export const settingsOf = ({ cidrsSetting }: Allowances): readonly string[] =>
  cidrsSetting === undefined ? ['WEBHOOK_ALLOW_LOOPBACK', usualSetting] : [cidrsSetting]

/** Why this address is refused, in words for people; null: it may be dialled. */
export function refuseAddress(address: string, allowances: Allowances): string | null {
  const literal = address.replace(/%.*$/, '')
  if (!ipaddr.isValid(literal)) return 'not an IP address'
  const parsed = ipaddr.parse(literal)
  if (isOneOf(parsed, metadataServices)) return 'an address of a metadata service'
  const embedded = nameIn(parsed, embeddedRanges)
  if (embedded !== null) return embedded
  const inside = nameIn(parsed, insideRanges)
  if (inside === null) return null
  if (inside === LOOPBACK && allowances.allowLoopback) return null
  return allowances.allowCidrs.some(range => isWithin(parsed, range)) ? null : inside
}

/** The same for http, which carries bodies in the clear: only to addresses that the operator opened, one by one or by range. */
export function refuseInClear(address: string, allowances: Allowances): string | null {
  const refusal = refuseAddress(address, allowances)
  if (refusal !== null) return refusal
  const parsed = ipaddr.parse(address.replace(/%.*$/, ''))
  const isOpened = isLoopback(address) || allowances.allowCidrs.some(range => isWithin(parsed, range))
  return isOpened ? null : `an address outside of ${allowances.cidrsSetting ?? usualSetting}, which needs https`
}

/** Why what a URL names may never be dialled, by its text alone; null: it may, if its name resolves to what may. */
export function refuseHost(
  { hostname, isInClear }: { hostname: string; isInClear: boolean },
  allowances: Allowances,
): string | null {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const { cidrsSetting = usualSetting, allowCidrs } = allowances
  if (ipaddr.isValid(host)) return isInClear ? refuseInClear(host, allowances) : refuseAddress(host, allowances)
  if (isInClear && allowCidrs.length === 0) return `an address outside of ${cidrsSetting}, which needs https`
  const isLocal = host === 'localhost' || host.endsWith('.localhost')
  const opens = (address: string) => refuseAddress(address, allowances) === null
  return isLocal && !opens('127.0.0.1') && !opens('::1') ? LOOPBACK : null
}

/** Of files to send that somebody names by a URL. */
export const mediaUrlAllowances = ({ allowCidrs }: { allowCidrs: readonly string[] }): Allowances => ({
  allowLoopback: false,
  allowCidrs,
  cidrsSetting: 'MEDIA_URL_ALLOW_CIDRS',
})

export const isLoopback = (address: string): boolean =>
  ipaddr.isValid(address) && nameIn(ipaddr.parse(address), insideRanges) === LOOPBACK

const LOOPBACK = 'a loopback address'
type Address = ReturnType<typeof ipaddr.parse>
type Named = readonly (readonly [range: string, name: string])[]

/** Clouds answer credentials here: AWS, ECS, EKS, Alibaba, Oracle, Azure, and their IPv6 forms. No setting opens them. */
const metadataServices: readonly string[] = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
]

/** IPv6 that carries an IPv4 address: a second spelling of an address inside. No setting opens them. */
const embeddedRanges: Named = [
  ['::ffff:0:0/96', 'an IPv4-mapped IPv6 address'],
  ['::ffff:0:0:0/96', 'an IPv4-translated IPv6 address'],
  ['64:ff9b::/96', 'a NAT64 address'],
  ['64:ff9b:1::/48', 'a NAT64 address'],
  ['2002::/16', 'a 6to4 address'],
  ['2001::/32', 'a Teredo address'],
]

const insideRanges: Named = [
  ['0.0.0.0/8', 'an address of this network'],
  ['10.0.0.0/8', 'a private address'],
  ['100.64.0.0/10', 'a carrier-grade NAT address'],
  ['127.0.0.0/8', LOOPBACK],
  ['169.254.0.0/16', 'a link-local address'],
  ['172.16.0.0/12', 'a private address'],
  ['192.0.0.0/24', 'a reserved address'],
  ['192.0.2.0/24', 'a documentation address'],
  ['192.88.99.0/24', 'a 6to4 relay address'],
  ['192.168.0.0/16', 'a private address'],
  ['198.18.0.0/15', 'a benchmarking address'],
  ['198.51.100.0/24', 'a documentation address'],
  ['203.0.113.0/24', 'a documentation address'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'a reserved address'],
  ['::1/128', LOOPBACK],
  ['::/96', 'an address of this network'],
  ['100::/64', 'a discard address'],
  ['2001::/23', 'a reserved address'],
  ['2001:db8::/32', 'a documentation address'],
  ['3fff::/20', 'a documentation address'],
  ['5f00::/16', 'a segment-routing address'],
  ['fc00::/7', 'a private address'],
  ['fe80::/10', 'a link-local address'],
  ['fec0::/10', 'a site-local address'],
  ['ff00::/8', 'a multicast address'],
]

const nameIn = (address: Address, ranges: Named): string | null => ranges.find(([range]) => isWithin(address, range))?.[1] ?? null

const isOneOf = (address: Address, literals: readonly string[]): boolean =>
  literals.some(literal => ipaddr.parse(literal).toNormalizedString() === address.toNormalizedString())

function isWithin(address: Address, range: string): boolean {
  const [network, prefixLength] = ipaddr.parseCIDR(range)
  return network.kind() === address.kind() && address.match(network, prefixLength)
}
