
/*
 * Files and folders, read while the configuration is read, and what is said
 * where one of them is wrong: "FILE:LINE:COLUMN: PLACE: SENTENCE".
 */


#include "ngx_http_templrender.h"


/* folders inside a folder of fonts that are looked into */
#define NGX_HTTP_TEMPLRENDER_FONT_DEPTH  4


static ngx_int_t ngx_http_templrender_font_walk(ngx_conf_t *cf,
    ngx_str_t *folder, ngx_uint_t depth, ngx_array_t *paths);
static int ngx_libc_cdecl ngx_http_templrender_cmp_paths(const void *one,
    const void *two);


/*
 * The bytes are malloc()ed and the caller's to free.  NGX_DECLINED where there
 * is no such file, NGX_ERROR for all else, which is logged.
 */

ngx_int_t
ngx_http_templrender_read_file(ngx_conf_t *cf, ngx_str_t *path, size_t limit,
    ngx_str_t *bytes)
{
    off_t            size;
    u_char          *p, *last;
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_err_t        err;
    ngx_file_info_t  fi;

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        err = ngx_errno;

        if (err == NGX_ENOENT || err == NGX_ENOTDIR) {
            return NGX_DECLINED;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, err,
                      "templrender: %V: it cannot be opened", path);
        return NGX_ERROR;
    }

    bytes->data = NULL;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        goto failed;
    }

    size = ngx_file_size(&fi);

    if (!ngx_is_file(&fi) || (uint64_t) size > limit) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "templrender: %V: it must be a file of at most %uz "
                      "bytes, found %O", path, limit, size);
        ngx_close_file(fd);
        return NGX_ERROR;
    }

    bytes->len = (size_t) size;
    bytes->data = ngx_alloc(bytes->len + 1, cf->log);
    if (bytes->data == NULL) {
        ngx_close_file(fd);
        return NGX_ERROR;
    }

    last = bytes->data + bytes->len;

    for (p = bytes->data; p < last; p += n) {
        n = ngx_read_fd(fd, p, last - p);

        if (n == -1) {
            goto failed;
        }

        if (n == 0) {
            /* it became shorter meanwhile */
            bytes->len = p - bytes->data;
            break;
        }
    }

    ngx_close_file(fd);

    return NGX_OK;

failed:

    ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                  "templrender: %V: it cannot be read", path);

    if (bytes->data) {
        ngx_free(bytes->data);
    }

    ngx_close_file(fd);

    return NGX_ERROR;
}


/* the names in a folder, sorted, without those that begin with a dot */

ngx_int_t
ngx_http_templrender_list(ngx_conf_t *cf, ngx_str_t *path, ngx_array_t *names)
{
    ngx_dir_t   dir;
    ngx_str_t  *name;
    ngx_err_t   err;

    if (ngx_open_dir(path, &dir) == NGX_ERROR) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      "templrender: %V: it cannot be opened", path);
        return NGX_ERROR;
    }

    for ( ;; ) {
        ngx_set_errno(0);

        if (ngx_read_dir(&dir) == NGX_ERROR) {
            err = ngx_errno;

            if (err != NGX_ENOMOREFILES) {
                ngx_log_error(NGX_LOG_EMERG, cf->log, err,
                              "templrender: %V: it cannot be read", path);
                goto failed;
            }

            break;
        }

        if (ngx_de_name(&dir)[0] == '.') {
            continue;
        }

        name = ngx_array_push(names);
        if (name == NULL) {
            goto failed;
        }

        name->len = ngx_de_namelen(&dir);
        name->data = ngx_pnalloc(names->pool, name->len + 1);
        if (name->data == NULL) {
            goto failed;
        }

        (void) ngx_cpystrn(name->data, ngx_de_name(&dir), name->len + 1);
    }

    (void) ngx_close_dir(&dir);

    ngx_qsort(names->elts, names->nelts, sizeof(ngx_str_t),
              ngx_http_templrender_cmp_paths);

    return NGX_OK;

failed:

    (void) ngx_close_dir(&dir);

    return NGX_ERROR;
}


/* the fonts of a folder and of those in it, in the order of their paths */

ngx_int_t
ngx_http_templrender_font_files(ngx_conf_t *cf, ngx_str_t *folder,
    ngx_array_t *paths)
{
    if (ngx_http_templrender_font_walk(cf, folder,
                                       NGX_HTTP_TEMPLRENDER_FONT_DEPTH, paths)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_qsort(paths->elts, paths->nelts, sizeof(ngx_str_t),
              ngx_http_templrender_cmp_paths);

    return NGX_OK;
}


static ngx_int_t
ngx_http_templrender_font_walk(ngx_conf_t *cf, ngx_str_t *folder,
    ngx_uint_t depth, ngx_array_t *paths)
{
    ngx_str_t     path, *name, *found;
    ngx_uint_t    i;
    ngx_array_t   names;

    if (ngx_array_init(&names, paths->pool, 16, sizeof(ngx_str_t)) != NGX_OK
        || ngx_http_templrender_list(cf, folder, &names) != NGX_OK)
    {
        return NGX_ERROR;
    }

    name = names.elts;

    for (i = 0; i < names.nelts; i++) {

        if (ngx_http_templrender_join(paths->pool, folder, &name[i], &path)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_http_templrender_is_dir(&path)) {

            if (depth && ngx_http_templrender_font_walk(cf, &path, depth - 1,
                                                        paths)
                         != NGX_OK)
            {
                return NGX_ERROR;
            }

            continue;
        }

        if (ngx_http_templrender_ends_with(&name[i], ".ttf")
            || ngx_http_templrender_ends_with(&name[i], ".otf")
            || ngx_http_templrender_ends_with(&name[i], ".ttc")
            || ngx_http_templrender_ends_with(&name[i], ".otc"))
        {
            found = ngx_array_push(paths);
            if (found == NULL) {
                return NGX_ERROR;
            }

            *found = path;
        }
    }

    return NGX_OK;
}


/* by the names in the paths, one after another: a slash is less than all */

static int ngx_libc_cdecl
ngx_http_templrender_cmp_paths(const void *one, const void *two)
{
    size_t      i, n;
    ngx_uint_t  a, b;
    ngx_str_t  *first, *second;

    first = (ngx_str_t *) one;
    second = (ngx_str_t *) two;

    n = ngx_min(first->len, second->len);

    for (i = 0; i < n; i++) {
        a = first->data[i] == '/' ? 0 : first->data[i];
        b = second->data[i] == '/' ? 0 : second->data[i];

        if (a != b) {
            return a < b ? -1 : 1;
        }
    }

    return first->len < second->len ? -1 : first->len > second->len;
}


/* FOLDER/NAME, with a NUL behind it */

ngx_int_t
ngx_http_templrender_join(ngx_pool_t *pool, ngx_str_t *folder,
    ngx_str_t *name, ngx_str_t *path)
{
    path->len = folder->len + 1 + name->len;
    path->data = ngx_pnalloc(pool, path->len + 1);
    if (path->data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(path->data, "%V/%V%Z", folder, name);

    return NGX_OK;
}


ngx_uint_t
ngx_http_templrender_is_dir(ngx_str_t *path)
{
    ngx_file_info_t  fi;

    return ngx_file_info(path->data, &fi) != NGX_FILE_ERROR
           && ngx_is_dir(&fi);
}


ngx_uint_t
ngx_http_templrender_ends_with(ngx_str_t *name, const char *end)
{
    size_t  len;

    len = ngx_strlen(end);

    return name->len > len
           && ngx_strncasecmp(name->data + name->len - len, (u_char *) end,
                              len)
              == 0;
}


/*
 * One line for each fault.  Where the place is a folder, a fault's own place
 * begins with the file in it.
 */

void
ngx_http_templrender_conf_error(ngx_conf_t *cf, ngx_str_t *place,
    ngx_uint_t folder, templrender_error *error)
{
    u_char             *p, *last, line[2 * NGX_INT32_LEN + sizeof("::") - 1];
    size_t              i, n;
    ngx_str_t           file, inner, message, at;
    templrender_fault   fault;

    n = templrender_error_count(error);

    for (i = 0; i < n; i++) {
        ngx_memzero(&fault, sizeof(templrender_fault));
        fault.struct_size = sizeof(templrender_fault);

        if (templrender_error_fault(error, i, &fault) != TEMPLRENDER_OK) {
            continue;
        }

        inner = ngx_http_templrender_str(fault.place);
        message = ngx_http_templrender_str(fault.message);
        ngx_str_null(&file);

        if (folder && inner.len) {
            file = inner;
            last = inner.data + inner.len;
            p = ngx_strlchr(inner.data, last, ':');

            if (p) {
                file.len = p - inner.data;
                p += (last - p > 1 && p[1] == ' ') ? 2 : 1;
                inner.data = p;
                inner.len = last - p;

            } else {
                inner.len = 0;
            }
        }

        at.data = line;
        at.len = 0;

        if (fault.line) {
            at.len = ngx_sprintf(line, ":%uD:%uD", fault.line, fault.column)
                     - line;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "templrender: %V%s%V%V: %V%s%V", place,
                      file.len ? "/" : "", &file, &at, &inner,
                      inner.len ? ": " : "", &message);
    }
}
