-- Each service has a database of its own; payment is the last, and says that all are there.
CREATE DATABASE "order";
CREATE DATABASE inventory;
CREATE DATABASE payment;
