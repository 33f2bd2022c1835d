// What is shown of a URL: where it leads, and nothing that opens something there.
import { expect, test } from 'vitest'
import { shownUrl } from '../../src/runtime/printable.ts'

test.each([
  ['https://example.com/@shop/hooks', 'https://example.com/@shop/hooks'],
  ['https://example.com/hooks/a@b', 'https://example.com/hooks/a@b'],
  ['https://example.com:8443/a@b@c/d?mail=a@b', 'https://example.com:8443/a@b@c/d?…'],
  ['https://example.com?mail=a@b', 'https://example.com?…'],
  ['http://[::1]:8080/a@b#c@d', 'http://[::1]:8080/a@b?…'],
])('[E1] an @ that is no end of a user is shown: %s', (url, shown) => {
  expect(shownUrl(url)).toBe(shown)
})

test.each([
  ['https://user:hunter2@example.com/a@b', 'https://***@example.com/a@b'],
  ['https://a:b@hunter2@example.com/@shop', 'https://***@example.com/@shop'],
  ['HTTPS:/user:hunter2@example.com/a@b', 'HTTPS:/***@example.com/a@b'],
  ['https:hunter2@example.com/', 'https:***@example.com/'],
  ['https:\\\\user:hunter2@example.com\\a@b', 'https:\\\\***@example.com\\a@b'],
])('[I2] a user and a password are not, and the path stays: %s', (url, shown) => {
  expect(shownUrl(url)).toBe(shown)
})

test.each([
  'https:/\t/user:hunter2@example.com/',
  ' https://user:hunter2@example.com/x',
  'https://user:hunter2/3@example.com/',
  'ftp://user:hunter2@example.com/',
  'user:hunter2@example.com',
])('[I2] what is no URL to post to, or is spelled oddly, is shown from its last @: %j', url => {
  expect(shownUrl(url)).not.toContain('hunter2')
})
