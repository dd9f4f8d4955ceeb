# The gateway as an image: thin, it calls the scripts that CI runs too.
#   docker build -t gengfu . && docker run --network host -v ./site:/site:ro -v gengfu:/data gengfu
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:24-bookworm-slim
WORKDIR /gengfu
# The image has its own Node.js 24, and dist/ brings its packages.
COPY --from=build /src/dist ./
USER node
ENV NODE_ENV=production STATE_DIRECTORY=/data
VOLUME /data
ENTRYPOINT ["node", "gateway/main.js"]
CMD ["run", "--site", "/site"]
