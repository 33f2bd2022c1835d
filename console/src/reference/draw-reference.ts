// Swagger UI on our description, with calls that go to this server alone and carry this tab's key.
import 'swagger-ui-dist/swagger-ui.css'
import { key } from '../key.ts'

/**
 * The library is a file of its own, loaded here and nowhere else. Rejects where it does not come; draws nothing once the signal has aborted.
 */
export async function drawReference(description: unknown, place: HTMLElement, signal: AbortSignal): Promise<void> {
  const { default: SwaggerUI } = await import('swagger-ui-dist/swagger-ui-es-bundle.js')
  if (signal.aborted) return
  SwaggerUI({
    // PUBLIC_URL may be another origin, which the policy of the page does not let it call.
    spec: { ...(description as object), servers: [{ url: location.origin }] },
    domNode: place,
    deepLinking: false,
    docExpansion: 'list',
    defaultModelsExpandDepth: -1,
    // Of a long list the library keeps only what is near the window in the page, where the browser’s own search does not find the rest.
    filter: true,
    // What a try-out sent is shown as a curl: without the key.
    showMutatedRequest: false,
    requestInterceptor: (request: { headers: Record<string, string> }) => {
      if (key.peek() !== null) request.headers.authorization = `Bearer ${key.peek()}`
      return request
    },
    plugins: [withoutAuthorization],
  })
}

/** The key is asked for by the page. */
const nothing = () => () => null
const withoutAuthorization = () => ({ wrapComponents: { authorizeBtn: nothing, authorizeOperationBtn: nothing } })
