# Not built yet: there was no container engine where it was written. What it runs, the standalone folder copied elsewhere, is started by
# `e2e/commands.spec.ts`.
# The production image: web (`npm start`'s server) and worker are the same image, told apart by HUB_ROLE.
#   docker build -t byte-hub .
#   docker run --env-file .env -p 3000:3000 byte-hub
#   docker run --env-file .env -e HUB_ROLE=worker byte-hub
FROM node:24-bookworm-slim AS build
WORKDIR /hub
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOSTNAME=0.0.0.0 PORT=3000
WORKDIR /hub
COPY --from=build --chown=node:node /hub/.next/standalone ./
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/api/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "server.js"]
