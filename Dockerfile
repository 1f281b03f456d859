# The streaming image: spark-submit with the job, its model and all it needs; no TensorFlow.
#
#   docker build -t fink-t2 .
#   docker run -v /srv/fink:/data fink-t2 bin/stream_classify.py --config conf/ztf.toml
#
# Arguments are spark-submit's. Checkpoints and outputs belong on a volume; /data is one.
FROM python:3.11-slim-bookworm

# Debian keeps only the newest build of a package, so that a pinned version would soon be gone.
# procps: Spark's scripts call ps. tini: hands SIGTERM on and reaps Python workers.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openjdk-17-jre-headless procps tini \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/fink_t2
COPY requirements/runtime.txt requirements/
RUN pip install --no-cache-dir --requirement requirements/runtime.txt

COPY setup.py pyproject.toml LICENSE ./
COPY fink_t2 fink_t2
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && fink-t2 install jvm-packages spark \
    && fink-t2 install warm-up
COPY bin bin
COPY conf conf
COPY models models

RUN useradd --create-home --uid 10001 fink && install --directory --owner=fink /data
USER 10001
VOLUME /data
ENV PYSPARK_PYTHON=/usr/local/bin/python3
ENTRYPOINT ["tini", "--", "spark-submit"]
CMD ["bin/stream_classify.py", "--config", "conf/ztf.toml"]
