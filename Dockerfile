# zaplog as an image: its sources, run unbuilt by Node, and its production dependencies; no compiler, no tests, nobody's data.
# The base is pinned by exact tag; its digest is missing.
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24.21.0-bookworm-slim
# libsignal in node_modules is GPL-3.0, and files in whatsapp-rust-bridge say AGPL-3.0: whoever passes this image on passes on a work under
# their terms. NOTICE says it in full.
LABEL org.opencontainers.image.title="zaplog" \
      org.opencontainers.image.description="The event log for WhatsApp: durable before acknowledged, ordered, signed, replayable" \
      org.opencontainers.image.licenses="Apache-2.0 AND GPL-3.0-only AND AGPL-3.0-only" \
      org.opencontainers.image.version="0.2.0"
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    HOST=0.0.0.0 \
    PORT=7070 \
    DATA_DIR=/data
WORKDIR /app
RUN install --directory --owner=node --group=node --mode=0700 /data
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE NOTICE zaplog ./
COPY bin bin
COPY schemas schemas
COPY infra/postgres/migrations infra/postgres/migrations
COPY src src
USER node
VOLUME /data
EXPOSE 7070
# By bash, which every Debian has: 2 ms of processor at each look, where a Node of its own takes 90.
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["node", "--max-semi-space-size=16", "bin/run.mjs", "--", "src/cli/zaplog.ts"]
CMD ["start"]
