// What of a text may be printed where it may hold a secret: for refusals, answers and log lines. Pure.

/** A URL as it is shown: whole up to its query, of which `?…` tells that there is one, and without its user and password. */
export const shownUrl = (url: string): string => withoutQuery(url, withoutUserinfo)

/** Whether it is only what shownUrl left of a longer one. */
export const isShortened = (url: string): boolean => url.endsWith('?…')

/**
 * The value of a setting, whatever it was meant to be: without what stands before an @, which is where addresses have a user and a
 * password, without queries, without what is called a password, a secret, a token or a key, and without what follows a colon and is
 * no port.
 */
export const printableSetting = (text: string): string => nameless(withoutQuery(text, withoutUser))

function withoutQuery(url: string, masked: (text: string) => string): string {
  const end = url.search(/[?#]/)
  return end === -1 ? masked(url) : `${masked(url.slice(0, end))}?…`
}

/** Where a program that reads the URL finds some: an @ of its path stays. What is no URL may have its user anywhere. */
function withoutUserinfo(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) return withoutUser(text)
  if (url.username === '' && url.password === '') return text
  const beforeHost = /^(https?:[\\/]*)[^\\/]*@/i
  return beforeHost.test(text) ? text.replace(beforeHost, '$1***@') : withoutUser(text)
}

/** To the last @: a password may hold one, and a comma, and a slash. */
const withoutUser = (text: string): string => text.replace(/^([a-z][a-z0-9+.-]*:\/+)?.*@/is, '$1***@')

const nameless = (text: string): string => withoutNamed(text).replace(/:(?!\/\/)(?!\d{1,5}([,/\s]|$))[^,\s]+/g, ':***')
const withoutNamed = (text: string): string =>
  text.replace(/((?:pass\w*|pwd|secret|token|key|sig\w*)["']?\s*[=:]\s*).*/is, '$1***')
