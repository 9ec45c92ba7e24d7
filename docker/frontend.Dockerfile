# The pages, and the front door: nginx. Build it from the root of the repository.
FROM node:24.19.0-alpine AS built
WORKDIR /source/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY frontend ./
RUN npm run build -- --logLevel warn

FROM nginxinc/nginx-unprivileged:1.30.4-alpine-slim
COPY --from=built /source/frontend/dist /srv/pages
COPY docker/nginx.conf docker/frontend-start /opt/front-door/
USER 101:101
EXPOSE 8080
STOPSIGNAL SIGQUIT
ENTRYPOINT ["/opt/front-door/frontend-start"]
CMD []
