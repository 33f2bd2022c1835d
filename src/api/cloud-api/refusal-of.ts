// Refusals as the Graph API has them: {error: {message, type, code}}, with Meta's code where one fits, and our words as the details. Pure.
import type { Refusal } from '../dialect.ts'
import type { Problem, Slug } from '../problems.ts'

type Code = { code: number; status: number; title: string; subcode?: number }

const invalid: Code = { code: 100, status: 400, title: 'Invalid parameter' }
const absent: Code = { ...invalid, subcode: 33 }
const unavailable: Code = { code: 131016, status: 503, title: 'Service unavailable' }
const failed: Code = { code: 131000, status: 500, title: 'Something went wrong' }
const limited: Code = { code: 130429, status: 429, title: 'Rate limit hit' }

/** Of developers.facebook.com, "WhatsApp error codes"; what is not here is an invalid parameter, or what went wrong here. */
const codes: Partial<Record<Slug, Code>> = {
  unauthorized: { code: 190, status: 401, title: 'Invalid OAuth access token' },
  'too-many-failures': limited,
  busy: { ...limited, status: 503 },
  'instance-not-found': absent,
  'media-not-found': absent,
  'upload-not-found': absent,
  'instance-logged-out': { code: 133010, status: 400, title: 'Phone number not registered' },
  'command-failed': { code: 131026, status: 400, title: 'Message undeliverable' },
  'command-unfinished': { ...unavailable, status: 504 },
  'not-in-dialect': { code: 131051, status: 400, title: 'Unsupported message type' },
  'not-in-this-version': { code: 131051, status: 400, title: 'Unsupported message type' },
  'not-serving': unavailable,
  stopping: unavailable,
  unavailable,
  internal: failed,
}

/** What passes is worth another try: nobody may take it for a mistake of theirs. */
function codeOf({ retryable, status }: Problem): Code {
  if (retryable) return status === 429 ? limited : unavailable
  return status >= 500 ? failed : invalid
}

export function refusalOf(problem: Problem): Refusal {
  const { code, status, title, subcode } = codes[problem.code] ?? codeOf(problem)
  const details = problem.message
  return {
    status,
    body: {
      error: {
        message: `(#${code}) ${title}`,
        type: 'OAuthException',
        code,
        error_data: { messaging_product: 'whatsapp', details },
        ...(subcode !== undefined && { error_subcode: subcode }),
      },
    },
  }
}
