// A contact as a whole vCard of version 3 (RFC 2426), where it says more than a name, numbers and where it works.
export type Card = {
  name: string
  phones: readonly string[]
  organization?: string | undefined
  title?: string | undefined
  emails?: readonly string[]
  urls?: readonly string[]
  /** Each as its street, city, state, postal code and country. */
  addresses?: readonly (readonly string[])[]
  /** YYYY-MM-DD. */
  birthday?: string | undefined
}

/** `digitsOf`: of a number with its country, which is what phones write to. */
export function contactCard(card: Card, digitsOf: (phone: string) => string): string {
  const { name, phones, organization, title, emails = [], urls = [], addresses = [], birthday } = card
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${escaped(name)};;;`,
    `FN:${escaped(name)}`,
    ...(organization === undefined ? [] : [`ORG:${escaped(organization)};`]),
    ...(title === undefined ? [] : [`TITLE:${escaped(title)}`]),
    ...phones.map(phone => `TEL;type=CELL;type=VOICE;waid=${digitsOf(phone)}:${escaped(phone)}`),
    ...emails.map(email => `EMAIL:${escaped(email)}`),
    ...urls.map(url => `URL:${escaped(url)}`),
    ...addresses.map(address => `ADR:;;${address.map(escaped).join(';')}`),
    ...(birthday === undefined ? [] : [`BDAY:${escaped(birthday)}`]),
    'END:VCARD',
  ].join('\n')
}

const escaped = (text: string): string => text.replaceAll(/[\\,;]/g, '\\$&').replaceAll(/\r\n?|\n/g, '\\n')
