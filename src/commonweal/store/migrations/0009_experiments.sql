-- What was drawn, and what came of it. Who is in which arm stands in the lake: experiments.assignment.

CREATE SCHEMA experiments;
GRANT USAGE ON SCHEMA experiments TO :bulk, :worker, :web;

CREATE TABLE experiments.experiment (
    experiment  text PRIMARY KEY CHECK (experiment ~ '^[a-z0-9][a-z0-9_.-]{0,59}$'),
    about       text NOT NULL DEFAULT '',
    salt        text NOT NULL,
    control     text NOT NULL,
    universe    text NOT NULL DEFAULT '',
    eligible    bigint NOT NULL CHECK (eligible >= 0),
    households  bigint NOT NULL CHECK (households >= 0),
    persons     bigint NOT NULL CHECK (persons >= 0),
    drawn_at    timestamptz NOT NULL,
    drawn_by    text NOT NULL
);
COMMENT ON TABLE experiments.experiment IS
    'One draw: households, by hash under the salt, from the persons eligible then. For: bulk (draw), worker and web (read).';
GRANT SELECT, INSERT ON experiments.experiment TO :bulk;
GRANT SELECT ON experiments.experiment TO :worker, :web;

CREATE TABLE experiments.arm (
    experiment  text NOT NULL REFERENCES experiments.experiment,
    arm         text NOT NULL,
    place       integer NOT NULL,
    share       double precision NOT NULL CHECK (share > 0 AND share <= 1),
    households  bigint NOT NULL,
    persons     bigint NOT NULL,
    PRIMARY KEY (experiment, arm)
);
COMMENT ON TABLE experiments.arm IS
    'One arm of a draw: its share of all eligible households by design, and whom it got. For: bulk (draw), worker and web (read).';
GRANT SELECT, INSERT ON experiments.arm TO :bulk;
GRANT SELECT ON experiments.arm TO :worker, :web;

-- An analysis may also be of an experiment that others drew, known only by its results: no foreign key.
CREATE TABLE experiments.analysis (
    experiment    text NOT NULL,
    metric        text NOT NULL,
    control       text NOT NULL,
    units         bigint NOT NULL,
    clusters      bigint NOT NULL,
    missing       bigint NOT NULL,
    covariates    text[] NOT NULL,
    ratio_chi2    double precision,
    ratio_p       double precision,
    analysed_at   timestamptz NOT NULL,
    PRIMARY KEY (experiment, metric)
);
COMMENT ON TABLE experiments.analysis IS
    'The latest analysis of one metric of an experiment; missing: drawn, but without an outcome; ratio_p: whether the '
    'arms have their designed sizes. For: bulk (write), worker and web (read).';
GRANT SELECT, INSERT, DELETE ON experiments.analysis TO :bulk;
GRANT SELECT ON experiments.analysis TO :worker, :web;

CREATE TABLE experiments.result (
    experiment       text NOT NULL,
    metric           text NOT NULL,
    arm              text NOT NULL,
    place            integer NOT NULL,
    units            bigint NOT NULL,
    clusters         bigint NOT NULL,
    mean             double precision NOT NULL,
    mean_error       double precision NOT NULL,
    effect           double precision,
    effect_error     double precision,
    adjusted_effect  double precision,
    adjusted_error   double precision,
    PRIMARY KEY (experiment, metric, arm),
    FOREIGN KEY (experiment, metric) REFERENCES experiments.analysis ON DELETE CASCADE
);
COMMENT ON TABLE experiments.result IS
    'One arm in an analysis: mean, effect against the control (null for the control), both with CR1 errors by household; '
    'adjusted: at the mean of the covariates (Lin 2013). For: bulk (write), worker and web (read).';
GRANT SELECT, INSERT, DELETE ON experiments.result TO :bulk;
GRANT SELECT ON experiments.result TO :worker, :web;
