// What every page is sent with: a policy under which it runs our own files and nothing else, is framed by nobody, and names us to nobody.
import type { FastifyReply } from 'fastify'

type Sources = { style?: string; images?: string }

/** No inline script or style, no eval; `style` and `images` are what a page has beyond our own files. */
export const contentSecurityPolicy = ({ style = "'self'", images = "'self'" }: Sources = {}): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${style}`,
    `img-src ${images}`,
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')

/** `policy`: of contentSecurityPolicy. */
export const headPage = (reply: FastifyReply, policy: string): FastifyReply =>
  reply
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('cross-origin-opener-policy', 'same-origin')
    .header('vary', 'accept')
    .type('text/html; charset=utf-8')
    .serializer(String)
